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

const ISOLATE_KEY = 'lode-isolate';

/** Whether the service worker gives its pages the headers that threads need; see docs/app.md. */
export const isolation = {
  get chosen(): boolean {
    try {
      return localStorage.getItem(ISOLATE_KEY) === 'yes';
    } catch {
      return false;
    }
  },
  async turn(on: boolean): Promise<void> {
    if (on) localStorage.setItem(ISOLATE_KEY, 'yes');
    else localStorage.removeItem(ISOLATE_KEY);
    const {installing, waiting} = await register();
    const next = installing ?? waiting;
    if (next !== null) await inCharge(next);
    location.reload();
  },
};

/** At once, whatever other tabs are open. */
function inCharge(worker: ServiceWorker): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (worker.state === 'installed') worker.postMessage('take over');
      if (worker.state === 'activated' || worker.state === 'redundant') resolve();
    };
    worker.addEventListener('statechange', check);
    check();
  });
}

function register(): Promise<ServiceWorkerRegistration> {
  const url = new URL(isolation.chosen ? 'sw.js?isolate' : 'sw.js', document.baseURI);
  return navigator.serviceWorker.register(url, {updateViaCache: 'none'});
}

export async function startUpdates(): Promise<void> {
  if (import.meta.env.DEV || navigator.serviceWorker === undefined) return;
  const had = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (had) location.reload();
  });
  try {
    watch(await register());
  } catch (error) {
    log('warning', `there is no working offline here: ${(error as Error).message}`);
  }
}
