import type { FastifyRequest } from 'fastify';

/** From the least to the most: each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who sends a request. */
export type Principal = {
  tenantId: number;
  scope: Scope;
  /** undefined without API keys: then only this machine can send requests */
  key: { id: string; name: string } | undefined;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** undefined on public routes */
    principal: Principal | undefined;
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
