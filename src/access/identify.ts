import type { FastifyRequest } from 'fastify';
import { DEFAULT_TENANT } from './tenants.ts';

/** Sets the principal of each request to a route that is not public. */
export function identify() {
  return async (request: FastifyRequest): Promise<void> => {
    if (request.routeOptions.config.access === 'public') return;
    request.principal = { tenantId: DEFAULT_TENANT, scope: 'admin', key: undefined };
  };
}
