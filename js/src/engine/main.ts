/* What every engine can do, wherever it runs. */
import {
  serve, type Engine, type EnginePlatform, type EnginePort, type Features, type Handlers,
} from './engine.ts';
import {embedHandlers} from './embed.ts';
import {modelHandlers} from './model.ts';

/** Loaded when they are first used: "<name>.…". */
const features: Features = {
  index: async () => (await import('./collection.ts')).collectionHandlers,
  seldom: async () => (await import('./seldom.ts')).seldomHandlers,
};

/** `more`: of features, where nothing can be loaded later. */
export function startEngine(port: EnginePort, platform: EnginePlatform, more?: Handlers): Engine {
  return serve(port, platform, {...modelHandlers, ...embedHandlers, ...more}, features);
}
