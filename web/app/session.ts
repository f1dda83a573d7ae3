import { signal } from '@preact/signals';
import type { Scope, Session } from '../api/types.ts';
import { here, navigate } from './router.ts';

/** Who uses the page; undefined until the server has said so. */
export const session = signal<Session | undefined>(undefined);

const RANK: Record<Scope, number> = { read: 0, write: 1, admin: 2 };

/** Whether the key may do this. Buttons that it may not use are not shown. */
export function may(scope: Scope): boolean {
  const own = session.value?.scope;
  return own !== undefined && RANK[own] >= RANK[scope];
}

/** The same, and as long as it is not known: for what would push the page down if it came later. */
export function mayPerhaps(scope: Scope): boolean {
  return session.value === undefined || may(scope);
}

/** Goes to the sign-in, and from there back to the same address. */
export function needsSignIn(): void {
  const { path, search } = here.peek();
  if (path === '/sign-in') return;
  session.value = undefined;
  navigate(`/sign-in?to=${encodeURIComponent(path + search)}`, { replace: true });
}
