import {defineConfig} from 'vitepress';

const base = '/docs/';

export default defineConfig({
  title: 'Garden notes',
  base,
  srcExclude: ['README.md'],
  head: [['script', {type: 'module', src: `${base}search/lode-search.js`}]],
  vue: {template: {compilerOptions: {isCustomElement: tag => tag === 'lode-search'}}},
});
