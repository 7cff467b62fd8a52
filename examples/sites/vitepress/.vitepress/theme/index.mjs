import {useRouter, withBase} from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import {h} from 'vue';

/** Results are opened by VitePress's own router, which loads no page anew. */
async function go(router, event) {
  event.preventDefault();
  await router.go(event.detail.url);
  const {markFromUrl} = await import(/* @vite-ignore */ withBase('/search/lode-search.js'));
  markFromUrl();
}

const Layout = {
  setup() {
    const router = useRouter();
    return () => h(DefaultTheme.Layout, null, {
      'nav-bar-content-before': () => h('lode-search', {
        index: withBase('/search/'), style: 'margin-inline: 1rem',
        'onLode-search:navigate': event => go(router, event),
      }),
    });
  },
};

export default {extends: DefaultTheme, Layout};
