/* "lode/transformers" in a browser. */
import {createEmbedder} from './index.ts';
import {pipelineFactory, type Pipeline} from './pipeline.ts';

export {LodeError} from './errors.ts';
export {similarity as cos_sim} from './similarity.ts';
export {Tensor} from './pipeline.ts';
export type {FeatureExtractionOptions, FeatureExtractionPipeline, PipelineOptions} from './pipeline.ts';

/**
 * pipeline("feature-extraction", model): `model` is a source as for createEmbedder, a URL for
 * example; nothing is looked up at a hub.
 */
export const pipeline: Pipeline = pipelineFactory(createEmbedder);
