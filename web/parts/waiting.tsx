import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiProblem } from '../api/problem.ts';
import { session } from '../app/session.ts';
import type { Known } from '../data/resource.ts';
import { Icon } from './icon.tsx';

const PATIENCE_MS = 150;

/** Grey shapes of the final size, not before 150 ms: most answers are faster. */
export function Skeleton({ children }: { children: ComponentChildren }) {
  const [isShown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={isShown ? 'waiting' : 'waiting unseen'} aria-busy="true">
      <span class="sr">Loading</span>
      {children}
    </div>
  );
}

export function Lines({ count = 3 }: { count?: number }) {
  return (
    <div class="card pad stack">
      {Array.from({ length: count }, (_, i) => (
        <div key={i} class={`skel ${i === 0 ? 'h1' : i === count - 1 ? 'w60' : ''}`} />
      ))}
    </div>
  );
}

/** A page of which nothing is known yet, not even its heading. */
export function PageWaiting() {
  return (
    <>
      <h1 class="sr">Loading</h1>
      <Skeleton>
        <Lines />
      </Skeleton>
    </>
  );
}

type FailureProps = { error: Error; onRetry?: () => unknown; gone?: ComponentChildren };

/** Why something cannot be shown, and what can be done. @param gone what to say of an unknown id */
export function Failure({ error, onRetry, gone }: FailureProps) {
  const isGone = error instanceof ApiProblem && error.status === 404;
  return (
    <div class="note bad" role="alert">
      <Icon name="bad" />
      <div class="grow any">{isGone && gone ? gone : <b>{error.message}</b>}</div>
      {onRetry && !isGone && (
        <button type="button" class="btn" onClick={() => void onRetry()}>
          Try again
        </button>
      )}
    </div>
  );
}

type LoadedProps<T> = {
  known: Known<T>;
  waiting: ComponentChildren;
  onRetry: () => unknown;
  gone?: ComponentChildren;
  /** of a page whose own heading comes with its data */
  heading?: string;
  children: (data: T) => ComponentChildren;
};

/**
 * What is known; before that grey shapes; without it the error. Old data stay in view when a later request fails.
 * It also waits for what the key may do, so that no button comes late and pushes the rest.
 */
export function Loaded<T>({ known, waiting, onRetry, gone, heading, children }: LoadedProps<T>) {
  const { data, error } = known;
  if (data !== undefined && session.value !== undefined) return <>{children(data)}</>;
  if (error)
    return (
      <>
        {heading !== undefined && <h1 class="gapb">{heading}</h1>}
        <Failure error={error} onRetry={onRetry} gone={gone} />
      </>
    );
  return (
    <>
      {heading !== undefined && <h1 class="sr">{heading}</h1>}
      <Skeleton>{waiting}</Skeleton>
    </>
  );
}
