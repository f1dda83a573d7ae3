import { type ComponentType, type Attributes } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, PageWaiting } from './waiting.tsx';

/** A page in a file of its own, which is loaded when it is shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P & Attributes) {
    const [error, setError] = useState<Error>();
    const [, redraw] = useState(0);
    function fetchIt(): void {
      setError(undefined);
      void load().then(
        (component) => {
          loaded = component;
          redraw((n) => n + 1);
        },
        () => setError(new Error('This part of the page cannot be loaded now.')),
      );
    }
    useEffect(() => {
      if (!loaded) fetchIt();
    }, []);
    if (error)
      return (
        <>
          <h1 class="gapb">Not loaded</h1>
          <Failure error={error} onRetry={fetchIt} />
        </>
      );
    const Page = loaded;
    return Page ? <Page {...props} /> : <PageWaiting />;
  };
}
