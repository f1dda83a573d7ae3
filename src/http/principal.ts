import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';

/** From the least to the most: each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who sends a request. */
export type Principal = {
  tenantId: number;
  scope: Scope;
  /** undefined without API keys: then only this machine can send requests */
  key: { id: string; name: string } | undefined;
  /** Whether the key is valid now, for requests that are answered over minutes: ask every few seconds. */
  isStillValid(): Promise<boolean>;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** undefined on public routes */
    principal: Principal | undefined;
    /** its key was refused because of its scope */
    lacksScope: boolean;
  }
  interface FastifyContextConfig {
    /** the scope that a route needs; by default `read` for GET and HEAD, `write` for other methods */
    access?: Scope | 'public';
  }
}

/** The tenant whose objects a request may see and change. @throws Error on a public route: a bug */
export function tenantOf({ principal }: FastifyRequest): number {
  if (!principal) throw new Error('a public route has no tenant');
  return principal.tenantId;
}

/**
 * Refuses keys whose scope is too small, where it depends on more than the route.
 * @param what what needs the scope, as the begin of a sentence
 * @throws Problem `forbidden`
 */
export function needScope(request: FastifyRequest, needed: Scope, what = 'This'): void {
  const { principal } = request;
  if (principal && SCOPES.indexOf(principal.scope) >= SCOPES.indexOf(needed)) return;
  request.lacksScope = true;
  throw new Problem('forbidden', {
    detail: `${what} needs a key of scope ${needed}; the key "${principal?.key?.name}" has the scope ${principal?.scope}.`,
  });
}

/**
 * For requests that take their time: asks again whether their key is valid.
 * @throws Problem `unauthorized`
 */
export async function refuseRevoked({ principal }: FastifyRequest): Promise<void> {
  if (await principal?.isStillValid()) return;
  throw new Problem('unauthorized', { detail: 'The key was revoked or has expired meanwhile.' });
}
