import type { FastifySchema, RouteOptions } from 'fastify';
import { ProblemAnswer } from './problem.ts';

// Errors that any request may get, before it reaches its route or in it. A route declares only its own.
const ANYWHERE = [400, 401, 403, 408, 414, 417, 429, 431, 500, 503];
const FOR_BODIES = [413, 415];

/** Adds every status to the schema of a route, for the OpenAPI document only: no serializers are built from it. */
export function withStatuses({
  schema,
  url,
  route,
}: {
  schema: FastifySchema;
  url: string;
  route: RouteOptions;
}): { schema: FastifySchema; url: string } {
  if (!schema || schema.hide) return { schema, url };
  const takesBody = [route.method].flat().some((method) => method !== 'GET' && method !== 'HEAD');
  const statuses = [...ANYWHERE, ...(takesBody ? FOR_BODIES : [])];
  const common = Object.fromEntries(statuses.map((status) => [status, ProblemAnswer]));
  const { audit } = route.config ?? {};
  const extensions = audit === undefined ? {} : { 'x-audit-action': audit };
  return {
    schema: { ...schema, ...extensions, response: { ...common, ...(schema.response as object) } },
    url,
  };
}
