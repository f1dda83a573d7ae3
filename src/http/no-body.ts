import type { FastifyRequest } from 'fastify';
import { badRequest } from './flaws.ts';

/**
 * Refuses JSON in the body of an operation that has none: `{"code":"not_found"}` in a retry, ignored, would retry
 * every image. An empty object says nothing, and passes.
 * @throws Problem `bad_request`
 */
export async function refuseUnwantedBody({ routeOptions, body }: FastifyRequest): Promise<void> {
  const { schema } = routeOptions;
  if (!schema || schema.hide || schema.body !== undefined || !isJson(body)) return;
  const names = Object.keys((schema.querystring as { properties?: object } | undefined)?.properties ?? {});
  const advice = names.length > 0 ? ` Send ${names.join(', ')} in the query.` : '';
  const detail = `This operation takes no body.${advice}`;
  throw badRequest([{ at: '', code: 'invalid_value', detail, sentence: detail }]);
}

/** Whether a body was read as JSON, and says something. Bodies of other types are text, bytes or streams. */
function isJson(body: unknown): boolean {
  if (body === null || typeof body !== 'object') return typeof body === 'number' || typeof body === 'boolean';
  const isPlain = Array.isArray(body) || Object.getPrototypeOf(body) === Object.prototype;
  return isPlain && Object.keys(body).length > 0;
}
