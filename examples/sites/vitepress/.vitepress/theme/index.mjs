import {withBase} from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import {h} from 'vue';

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, {
    'nav-bar-content-before': () => h('lode-search', {
      index: withBase('/search/'), style: 'margin-inline: 1rem',
    }),
  }),
};
