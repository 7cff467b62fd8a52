/* The library's worker. Every tab has one; the one that gets the lock writes, and the others hand
 * their calls to it and show what it says. When its tab goes, another takes over and goes on. */
import type {Context} from './context.ts';
import {openDatabase} from './database.ts';
import {AppError, messageOf, packError, unpackError} from './errors.ts';
import {Library} from './library.ts';
import {whyNoFiles} from './opfs.ts';
import type {FromWorker, LibraryState, LogEntry, PlainError, Start, ToWorker} from './types.ts';

const LOCK = 'lode-app-library';
const STATE_INTERVAL = 100; // milliseconds

type Between =
  | {kind: 'call'; from: string; id: number; method: string; args: unknown[]}
  | {kind: 'answer'; to: string; id: number; value?: unknown; error?: PlainError}
  | {kind: 'state'; state: LibraryState}
  | {kind: 'hello'}
  | {kind: 'host'};

const me = crypto.randomUUID();
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(LOCK);
let library: Library | undefined;
let failure: unknown;
const waiting = new Map<number, ToWorker>();

function post(message: FromWorker): void {
  (globalThis as unknown as {postMessage(message: FromWorker): void}).postMessage(message);
}

function tell(message: Between): void {
  channel?.postMessage(message);
}

function log(level: LogEntry['level'], text: string): void {
  post({kind: 'log', entry: {time: Date.now(), level, text}});
}

let timer: ReturnType<typeof setTimeout> | undefined;
function tellState(): void {
  if (library === undefined) return;
  const state: LibraryState = {...library.state, role: 'writes'};
  post({kind: 'state', state});
  tell({kind: 'state', state: {...state, role: 'follows'}});
}

/** A few times a second are enough. */
function changed(): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    tellState();
  }, STATE_INTERVAL);
}

async function perform(method: string, args: unknown[]): Promise<unknown> {
  if (failure !== undefined) throw failure;
  const work = (library as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>)[method];
  if (work === undefined) throw new AppError(`there is no ${method}`);
  return work.apply(library, args);
}

async function answer(call: ToWorker): Promise<void> {
  const {id, method, args} = call;
  try {
    post({kind: 'answer', id, value: await perform(method, args)});
  } catch (error) {
    post({kind: 'answer', id, error: packError(error)});
  }
}

globalThis.onmessage = ({data}: MessageEvent<ToWorker | Start>) => {
  if (data.kind === 'start') {
    start(data.base);
    return;
  }
  if (library !== undefined || failure !== undefined) {
    void answer(data);
    return;
  }
  waiting.set(data.id, data);
  const {id, method, args} = data;
  tell({kind: 'call', from: me, id, method, args});
};

if (channel !== undefined) {
  channel.onmessage = ({data}: MessageEvent<Between>) => {
    if (data.kind === 'call' && library !== undefined) {
      const {from, id, method, args} = data;
      perform(method, args).then(
        (value) => tell({kind: 'answer', to: from, id, value}),
        (error) => tell({kind: 'answer', to: from, id, error: packError(error)}));
    } else if (data.kind === 'answer' && data.to === me && waiting.delete(data.id)) {
      const {id, value, error} = data;
      post(error === undefined ? {kind: 'answer', id, value} : {kind: 'answer', id, error: packError(unpackError(error))});
    } else if (data.kind === 'state' && library === undefined) {
      post({kind: 'state', state: data.state});
    } else if (data.kind === 'hello' && library !== undefined) {
      changed();
    } else if (data.kind === 'host' && library === undefined) {
      // Whoever has taken over has not heard what was asked of the one before.
      for (const {id, method, args} of waiting.values()) tell({kind: 'call', from: me, id, method, args});
    }
  };
}

async function lead(base: string): Promise<void> {
  const reason = await whyNoFiles();
  const db = await openDatabase(reason === undefined);
  const placeReason = reason ?? (db.persistent ? undefined : 'this browser has no database for pages here, as in private windows');
  const context: Context = {db, files: placeReason === undefined, base, changed, log};
  const made = new Library(context, placeReason);
  await made.start();
  library = made;
  tellState();
  tell({kind: 'host'});
  for (const call of waiting.values()) void answer(call);
  waiting.clear();
}

function fail(error: unknown): void {
  failure = new AppError(`the library could not be opened: ${messageOf(error)}`);
  log('error', messageOf(failure));
  for (const call of waiting.values()) void answer(call);
  waiting.clear();
}

const never = new Promise<void>(() => undefined);

function start(base: string): void {
  (globalThis as {appBase?: string}).appBase = base;
  if (navigator.locks === undefined) {
    // An old browser, or no HTTPS: nothing is kept there, so no tab is in another's way.
    void lead(base).catch(fail);
    return;
  }
  tell({kind: 'hello'});
  void navigator.locks.request(LOCK, async () => {
    await lead(base).catch(fail);
    await never; // until the tab ends
  }).catch(fail);
}
