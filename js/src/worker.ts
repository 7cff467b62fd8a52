/* The engine's worker in a browser. */
import {startEngine} from './engine/main.ts';
import {webEngine} from './platform/web_engine.ts';

startEngine({
  post: (message, transfer = []) => self.postMessage(message, {transfer}),
  onMessage: (listener) => {
    self.onmessage = ({data}) => listener(data);
  },
}, webEngine);
