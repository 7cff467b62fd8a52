import {project, type Project} from './projection.ts';

export type FromMap = {kind: 'progress'; share: number; step: string} | {kind: 'points'; points: Float32Array} | {kind: 'error'; message: string};

const post = (message: FromMap) => (globalThis as unknown as {postMessage(message: FromMap): void}).postMessage(message);

globalThis.onmessage = ({data}: MessageEvent<Project>) => {
  try {
    post({kind: 'points', points: project(data, (share, step) => post({kind: 'progress', share, step}))});
  } catch (error) {
    post({kind: 'error', message: String((error as Error).message ?? error)});
  }
};
