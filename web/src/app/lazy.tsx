/* Pages that are fetched when they are first shown. */
import type {ComponentType} from 'preact';
import {useEffect, useState} from 'preact/hooks';

type Loader<P> = () => Promise<ComponentType<P>>;

export function lazy<P extends object>(load: Loader<P>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [, again] = useState(0);
    const [error, setError] = useState<unknown>();
    useEffect(() => {
      if (loaded !== undefined) return;
      load().then((component) => {
        loaded = component;
        again(1);
      }, setError);
    }, []);
    if (error !== undefined) throw error;
    const Component = loaded;
    return Component === undefined ? <p class="quiet pad" aria-busy="true">Opening …</p> : <Component {...props} />;
  };
}
