import { signal } from '@preact/signals';
import type { Scope, Session } from '../api/types.ts';
import { here, navigate } from './router.ts';

/** Who uses the page; undefined until the server has said so, null where it asks for a key first. */
export const session = signal<Session | null | undefined>(undefined);

const RANK: Record<Scope, number> = { read: 0, write: 1, admin: 2 };

/** Whether the key may do this. Buttons that it may not use are not shown. */
export function may(scope: Scope): boolean {
  const own = session.value?.scope;
  return own !== undefined && RANK[own] >= RANK[scope];
}

/** Goes to the sign-in, and from there back to the same address. */
export function needsSignIn(): void {
  const { path, search } = here.peek();
  session.value = null;
  if (path === '/sign-in') return;
  navigate(`/sign-in?to=${encodeURIComponent(path + search)}`, { replace: true });
}
