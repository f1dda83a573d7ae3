import { effect, type Signal, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { request } from '../api/request.ts';
import { connection, returns } from '../app/connection.ts';

/** What is known of an answer of the API: the newest one that came, and the error of the newest request. */
export type Known<T> = { data: T | undefined; error: Error | undefined };
type Entry = { known: Signal<Known<unknown>>; loading: Promise<void> | undefined };

/** What was seen stays, so that Back shows it at once. */
const entries = new Map<string, Entry>();
const MOST_KEPT = 60;

function entryOf(path: string): Entry {
  const known = entries.get(path);
  if (known) return known;
  const entry: Entry = { known: signal({ data: undefined, error: undefined }), loading: undefined };
  entries.set(path, entry);
  const [oldest] = entries.keys();
  if (entries.size > MOST_KEPT && oldest !== undefined) entries.delete(oldest);
  return entry;
}

/** Fetches a path again. What is shown stays until the answer is there. */
export function reload(path: string): Promise<void> {
  const entry = entryOf(path);
  entry.loading ??= request(path)
    .then(
      (data) => void (entry.known.value = { data, error: undefined }),
      (error: Error) => void (entry.known.value = { data: entry.known.peek().data, error }),
    )
    .finally(() => (entry.loading = undefined));
  return entry.loading;
}

/** Puts an answer in place that came another way, such as by an event or as the answer to a change. */
export function put<T>(path: string, data: T | ((known: T | undefined) => T | undefined)): void {
  const { known } = entryOf(path);
  const next = typeof data === 'function' ? (data as (known: unknown) => unknown)(known.peek().data) : data;
  known.value = { data: next, error: undefined };
}

/**
 * An answer of the API, kept current while it is shown.
 * @param path undefined: nothing is asked
 * @param every milliseconds between two requests while the tab is seen; undefined: only once, and when the server is back
 */
export function useResource<T>(path: string | undefined, every?: number): Known<T> {
  useEffect(() => {
    if (path === undefined) return undefined;
    void reload(path);
    return effect(() => {
      if (returns.value > 0) void reload(path);
    });
  }, [path]);
  useEffect(() => {
    if (path === undefined || every === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && connection.peek().state === 'live') void reload(path);
    }, every);
    return () => clearInterval(timer);
  }, [path, every]);
  if (path === undefined) return { data: undefined, error: undefined };
  return entryOf(path).known.value as Known<T>;
}

/** Of a list with filters: the last answer stays until that of the new filter is there, and so does the focus. */
export function useKept<T>(known: Known<T>): Known<T> {
  const last = useRef<T>(undefined);
  if (known.data !== undefined) last.current = known.data;
  const isWaiting = known.data === undefined && known.error === undefined;
  return isWaiting && last.current !== undefined ? { data: last.current, error: undefined } : known;
}
