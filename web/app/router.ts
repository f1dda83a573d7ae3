import { signal } from '@preact/signals';

/** The address that is shown. */
export type Here = { path: string; search: string };

export const here = signal<Here>(current());
/** Where the page was scrolled when its address was left; Back goes there again. */
export const scrollTarget = signal<number | undefined>(undefined);

function current(): Here {
  return { path: location.pathname.replace(/(?<=.)\/$/, ''), search: location.search };
}

type Ways = { replace?: boolean; keepScroll?: boolean };

export function navigate(to: string, { replace = false, keepScroll = false }: Ways = {}): void {
  rememberScroll();
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  here.value = current();
  scrollTarget.value = keepScroll ? undefined : 0;
}

/** Changes the query of this address without a new entry in the history. `undefined` removes a parameter. */
export function setQuery(changes: Record<string, string | undefined>): void {
  const query = new URLSearchParams(here.peek().search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const search = query.size > 0 ? `?${query.toString()}` : '';
  history.replaceState(history.state, '', here.peek().path + search);
  here.value = { path: here.peek().path, search };
}

export function queryOf(name: string): string | undefined {
  return new URLSearchParams(here.value.search).get(name) ?? undefined;
}

/**
 * The parts of a path that a pattern names, such as `/batches/:id`; undefined if it is another path.
 * @param pattern its last part may be optional: `/batches/:id/:tab?`
 */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (given.length > wanted.length) return undefined;
  const found: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i];
    if (value === undefined && part.endsWith('?')) continue;
    if (value === undefined) return undefined;
    if (part.startsWith(':')) found[part.slice(1).replace('?', '')] = decoded(value);
    else if (part !== value) return undefined;
  }
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function rememberScroll(): void {
  history.replaceState({ scroll: scrollY }, '');
}

/** Addresses that the server answers with other things than the page. */
const NOT_OURS = /^\/(v1|files|docs|assets|openapi\.json|healthz|livez|readyz|metrics)(\/|$)/;

/** Follows links within the page without loading it again. */
function followLink(event: MouseEvent): void {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (NOT_OURS.test(link.pathname) || (link.hash && link.pathname === location.pathname)) return;
  event.preventDefault();
  const { keepScroll, replace } = link.dataset;
  navigate(link.pathname + link.search, {
    keepScroll: keepScroll !== undefined,
    replace: replace !== undefined,
  });
}

export function startRouter(): void {
  history.scrollRestoration = 'manual';
  addEventListener('click', followLink);
  addEventListener('pagehide', rememberScroll);
  addEventListener('popstate', (event: PopStateEvent) => {
    here.value = current();
    scrollTarget.value = (event.state as { scroll?: number } | null)?.scroll ?? 0;
  });
  scrollTarget.value = (history.state as { scroll?: number } | null)?.scroll;
}
