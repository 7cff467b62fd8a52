const baseUrl = '/docs/';

export default {
  title: 'Garden notes',
  url: 'https://example.org',
  baseUrl,
  onBrokenLinks: 'throw',
  scripts: [{src: `${baseUrl}search/lode-search.js`, type: 'module'}],
  plugins: [['@docusaurus/plugin-content-docs', {routeBasePath: '/'}]],
  themes: ['@docusaurus/theme-classic'],
  themeConfig: {navbar: {title: 'Garden notes'}},
};
