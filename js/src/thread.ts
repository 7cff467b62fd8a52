/* A thread of the engine's module in a browser. */
import {runThread} from './engine/instance.ts';

self.onmessage = ({data}) => void runThread(data, () => self.postMessage(0));
