/* What every engine can do, wherever it runs. */
import {serve, type Engine, type EnginePlatform, type EnginePort, type Features} from './engine.ts';
import {embedHandlers} from './embed.ts';
import {modelHandlers} from './model.ts';
import {tokenizeHandlers} from './tokenize.ts';

/** Loaded when they are first used: "<name>.…". */
const features: Features = {
  index: async () => (await import('./collection.ts')).collectionHandlers,
};

export function startEngine(port: EnginePort, platform: EnginePlatform): Engine {
  return serve(port, platform, {...modelHandlers, ...embedHandlers, ...tokenizeHandlers}, features);
}
