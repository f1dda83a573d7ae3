import type { FastifyRequest } from 'fastify';
import { nearest } from '../nearest.ts';
import { badRequest, flawsOf, type RequestFlaw } from './flaws.ts';

type QuerySchema = { properties?: Record<string, unknown>; additionalProperties?: boolean };

/**
 * Refuses a wrong query or path before the body is read. Unknown query parameters are wrong too:
 * `stat=failed`, ignored, would return everything. Routes that are hidden from the OpenAPI document, such as
 * /docs, accept any.
 * @throws Problem `bad_request` with everything that is wrong
 */
export async function refuseWrongQuery(request: FastifyRequest): Promise<void> {
  const { schema } = request.routeOptions;
  if (!schema || schema.hide) return;
  const { properties = {}, additionalProperties } = (schema.querystring ?? {}) as QuerySchema;
  const known = Object.keys(properties);
  const names = additionalProperties === true ? [] : Object.keys(request.query as object);
  const unknown = names.filter((name) => !known.includes(name)).map((name) => unknownFlaw(name, known));
  const wrong = flawsOf(request, ['params', 'querystring']).filter(({ code }) => code !== 'unknown_name');
  wrong.push(...nulFlaws(request.query as Record<string, unknown>, known));
  if (unknown.length + wrong.length === 0) return;
  const advice = unknown.length > 0 ? `This operation has ${known.join(', ') || 'none'}.` : '';
  throw badRequest([...unknown, ...wrong], advice);
}

/** PostgreSQL takes no NUL, and would say so when a download has already begun. */
function nulFlaws(query: Record<string, unknown>, known: readonly string[]): RequestFlaw[] {
  const isNul = (name: string): boolean => String(query[name]).includes('\0');
  return known.filter(isNul).map((name) => {
    const detail = 'It must not contain a NUL character.';
    return {
      at: `query.${name}`,
      code: 'invalid_value',
      detail,
      sentence: `The query parameter "${name}" must not contain a NUL character.`,
    };
  });
}

function unknownFlaw(name: string, known: readonly string[]): RequestFlaw {
  const meant = nearest(name, known);
  const detail = `There is no query parameter "${name}"${meant === undefined ? '.' : `; did you mean "${meant}"?`}`;
  return { at: `query.${name}`, code: 'unknown_name', detail, sentence: detail };
}
