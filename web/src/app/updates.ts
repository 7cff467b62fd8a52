/* The service worker: the app works without a network after the first visit, and says when there is a
 * newer one. */
import {signal} from '@preact/signals';
import {log} from './log.ts';

/** Loads the new version, when there is one. */
export const update = signal<(() => void) | undefined>(undefined);

function watch(registration: ServiceWorkerRegistration): void {
  const offer = () => {
    const {waiting} = registration;
    if (waiting === null || navigator.serviceWorker.controller === null) return;
    update.value = () => waiting.postMessage('take over');
  };
  offer();
  registration.addEventListener('updatefound', () => {
    const {installing} = registration;
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed') offer();
    });
  });
}

export async function startUpdates(): Promise<void> {
  if (import.meta.env.DEV || navigator.serviceWorker === undefined) return;
  const had = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (had) location.reload();
  });
  try {
    watch(await navigator.serviceWorker.register(new URL('sw.js', document.baseURI), {updateViaCache: 'none'}));
  } catch (error) {
    log('warning', `there is no working offline here: ${(error as Error).message}`);
  }
}
