import { type ComponentType, type Attributes } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, PageWaiting } from './waiting.tsx';

/** A page in a file of its own, which is loaded when it is shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P & Attributes) {
    const [error, setError] = useState<Error>();
    const [, redraw] = useState(0);
    useEffect(() => {
      if (loaded) return;
      void load().then(
        (component) => {
          loaded = component;
          redraw((n) => n + 1);
        },
        () => setError(new Error('This part of the page cannot be loaded now.')),
      );
    }, []);
    if (error)
      return (
        <>
          <h1 class="gapb">Not loaded</h1>
          <Failure error={error} onRetry={loadDocument} />
        </>
      );
    const Page = loaded;
    return Page ? <Page {...props} /> : <PageWaiting />;
  };
}

/** A browser never asks again for a module that failed, and a newer version has others: only the document helps, if it is there. */
function loadDocument(): void {
  void fetch('/livez').then(
    () => location.reload(),
    () => undefined, // the page that one sees is better than none
  );
}
