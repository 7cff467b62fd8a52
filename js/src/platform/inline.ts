/* An engine in the caller's own thread: messages are calls, each on a turn of its own. */
import type {EnginePlatform, Handlers} from '../engine/engine.ts';
import {startEngine} from '../engine/main.ts';
import type {Port, ToClient, ToEngine} from '../protocol.ts';

/** A later turn of the event loop: between slices others get theirs. */
function later(work: () => void): void {
  const channel = globalThis.MessageChannel;
  if (typeof setImmediate === 'function' || channel === undefined) {
    (globalThis.setImmediate ?? setTimeout)(work);
    return;
  }
  const {port1, port2} = new channel();
  port1.onmessage = () => {
    port1.close();
    work();
  };
  port2.postMessage(0);
}

export function inlinePort(platform: EnginePlatform, more?: Handlers): Port<ToEngine, ToClient> {
  let toClient: (message: ToClient) => void = () => undefined;
  let toEngine: (message: ToEngine) => void = () => undefined;
  let open = true;
  const engine = startEngine({
    post: (message) => queueMicrotask(() => open && toClient(message)),
    onMessage: (listener) => (toEngine = listener),
  }, platform, more);
  return {
    post: (message) => later(() => open && toEngine(message)),
    onMessage: (listener) => (toClient = listener),
    onFailure: () => undefined,
    hold: () => undefined,
    close: async () => {
      open = false;
      engine.close();
    },
  };
}
