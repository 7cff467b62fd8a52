/** Ends with the signal, without ending the work. */
export function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason as unknown);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, {once: true});
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
