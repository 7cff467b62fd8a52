// Chromium's DevTools protocol over a pipe: JSON messages that end with a zero byte.

export class Connection {
  #write;
  #pending = new Map();
  #listeners = new Set();
  #last = 0;
  #ended = null;

  constructor(write, read) {
    this.#write = write;
    write.on("error", () => {}); // the reading end tells
    let parts = [];
    read.on("data", (data) => {
      let start = 0;
      for (let end; (end = data.indexOf(0, start)) >= 0; start = end + 1) {
        parts.push(data.subarray(start, end));
        this.#receive(JSON.parse(Buffer.concat(parts).toString()));
        parts = [];
      }
      parts.push(data.subarray(start));
    });
    read.on("close", () => this.#end(new Error("the browser is gone")));
  }

  #receive(message) {
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    const { resolve, reject, method } = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error) reject(new Error(`${method}: ${message.error.message}`));
    else resolve(message.result);
  }

  #end(error) {
    this.#ended = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  /** Every event, as it arrives: {method, params, sessionId}. Returns a function that ends it. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(method, params = {}, sessionId = undefined) {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, method });
      this.#write.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    });
  }
}
