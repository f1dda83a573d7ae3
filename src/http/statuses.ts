import type { FastifySchema, RouteOptions } from 'fastify';
import { ProblemAnswer } from './problem.ts';

// What goes wrong before a request comes to its route, or anywhere. A route names what is its own.
const ANYWHERE = [400, 403, 408, 414, 417, 431, 500, 503];
const OF_BODIES = [413, 415];

/** The schema of a route with every status that it answers, for the document alone: no serializers are made of it. */
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
  const statuses = [...ANYWHERE, ...(takesBody ? OF_BODIES : [])];
  const common = Object.fromEntries(statuses.map((status) => [status, ProblemAnswer]));
  return { schema: { ...schema, response: { ...common, ...(schema.response as object) } }, url };
}
