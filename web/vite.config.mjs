import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Relative addresses: the app works under any path.
  base: './',
  resolve: {alias: {lode: here('../js/dist/index.js')}},
  build: {
    target: 'es2022', outDir: 'dist', emptyOutDir: true, sourcemap: true, assetsInlineLimit: 0,
    chunkSizeWarningLimit: 3000, modulePreload: {polyfill: false},
  },
  worker: {format: 'es'},
  server: {fs: {allow: [here('..')]}},
});
