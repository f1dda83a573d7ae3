import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { nearest } from '../nearest.ts';

type QuerySchema = { properties?: Record<string, unknown>; additionalProperties?: boolean };

/**
 * Refuses unknown query parameters: `stat=failed`, ignored, would return everything. Routes that are hidden
 * from the OpenAPI document, such as /docs, accept any.
 * @throws Problem `bad_request`
 */
export async function refuseUnknownQuery({ query, routeOptions }: FastifyRequest): Promise<void> {
  const { schema } = routeOptions;
  if (!schema || schema.hide) return;
  const { properties = {}, additionalProperties } = (schema.querystring ?? {}) as QuerySchema;
  if (additionalProperties === true) return;
  const known = Object.keys(properties);
  const unknown = Object.keys(query as object).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Problem('bad_request', {
      detail: `${unknown.map((name) => mistake(name, known)).join(' ')} This operation has ${known.join(', ') || 'none'}.`,
    });
}

function mistake(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `There is no query parameter "${name}"${meant === undefined ? '.' : `; did you mean "${meant}"?`}`;
}
