import {IdAttributePlugin, InputPathToUrlTransformPlugin} from '@11ty/eleventy';

export default function (config) {
  config.addPlugin(IdAttributePlugin); // so that results lead to headings
  config.addPlugin(InputPathToUrlTransformPlugin);
  config.ignores.add('README.md');
  return {pathPrefix: '/docs/'};
}
