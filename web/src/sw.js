/* The service worker, behind the VERSION and the FILES that the build writes in front of it. The app's
 * files are fetched once for each version; WebAssembly modules when they are first used. Models are
 * kept elsewhere, by those who load them. With ?isolate in its address it gives its pages the headers
 * that make threads possible, on hosts that cannot be told to (docs/app.md). */
const CACHE = `lode-app-${VERSION}`;
const ISOLATE = new URL(self.location.href).searchParams.has('isolate');

async function fill() {
  const cache = await caches.open(CACHE);
  const requests = FILES.map((url) => new Request(url, {cache: 'reload'}));
  await cache.addAll(requests);
}

self.addEventListener('install', (event) => event.waitUntil(fill()));

self.addEventListener('activate', (event) => event.waitUntil((async () => {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('lode-app-') && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

self.addEventListener('message', ({data}) => {
  if (data === 'take over') self.skipWaiting();
});

/** Shared memory needs the page, its workers and what they load to say so. */
function isolated(response) {
  if (!ISOLATE || response.type === 'opaque' || response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-embedder-policy', 'require-corp');
  headers.set('cross-origin-resource-policy', 'same-origin');
  return new Response(response.body, {status: response.status, statusText: response.statusText, headers});
}

function lazilyKept({pathname}) {
  return pathname.endsWith('.wasm') || pathname.includes('/pdf/cmaps/');
}

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request, {ignoreSearch: request.mode === 'navigate'});
  if (known) return isolated(known);
  const response = await fetch(request);
  if (response.status === 200 && lazilyKept(url)) await cache.put(request, response.clone()).catch(() => undefined);
  return isolated(response);
}

self.addEventListener('fetch', (event) => {
  const {request} = event;
  const url = new URL(request.url);
  const scope = new URL(self.registration.scope);
  const ours = url.origin === scope.origin && url.pathname.startsWith(scope.pathname);
  if (request.method !== 'GET' || !ours || request.headers.has('range')) return;
  if (url.pathname.includes('/models/') && !url.pathname.endsWith('.json') && !ISOLATE) return;
  event.respondWith(answer(request, url));
});
