import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const version = (path) => JSON.stringify(JSON.parse(readFileSync(here(path), 'utf8')).version);

export default defineConfig({
  // Relative addresses: the app works under any path.
  base: './',
  resolve: {alias: {lode: here('../js/dist/index.js')}},
  define: {
    __PEERS__: JSON.stringify(process.env.LODE_APP_PEERS !== undefined),
    __APP_VERSION__: version('package.json'), __LODE_VERSION__: version('../js/package.json'),
  },
  build: {
    target: 'es2022', outDir: 'dist', emptyOutDir: true, sourcemap: true, assetsInlineLimit: 0,
    chunkSizeWarningLimit: 3000, modulePreload: {polyfill: false},
  },
  worker: {format: 'es'},
  server: {fs: {allow: [here('..')]}},
});
