/** What is wrong with the parts of a request, in words and with its place. */
import type { FastifyRequest } from 'fastify';
import { type PointedFlaw, Problem } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { hasMeaning, inWords, type SchemaError } from '../schema-words.ts';
import type { PartValidator } from './validate.ts';

/** A flaw with the sentence that names its place, for the `detail` of a problem. */
export type RequestFlaw = PointedFlaw & { sentence: string };

const MAX_FLAWS = 1_000;
const MAX_SENTENCES = 20;

type Part = 'params' | 'querystring' | 'headers' | 'body';
const PREFIX: Record<Part, string> = { params: 'path', querystring: 'query', headers: 'header', body: '' };
const NAME: Record<Part, string> = { params: 'path', querystring: 'query', headers: 'headers', body: 'body' };

/** Problem `bad_request` with all flaws. */
export function badRequest(flaws: readonly RequestFlaw[], advice = ''): Problem {
  const sentences = flaws.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence);
  const more = flaws.length > MAX_SENTENCES ? [`And ${flaws.length - MAX_SENTENCES} more.`] : [];
  return new Problem('bad_request', {
    detail: [...sentences, ...more, advice].filter(Boolean).join(' '),
    flaws: flaws.slice(0, MAX_FLAWS).map(({ at, code, detail }) => ({ at, code, detail })),
    flawCount: flaws.length,
  });
}

/** The flaws of parts of a request by the schema of its route. Text is coerced to the types of the schema. */
export function flawsOf(request: FastifyRequest, parts: readonly Part[]): RequestFlaw[] {
  return parts.flatMap((part) => {
    const validate = request.getValidationFunction(part) as unknown;
    if (!isValidator(validate)) return [];
    const value = part === 'querystring' ? request.query : request[part];
    if (validate(value ?? null)) return [];
    return simplified(validate.errors ?? []).map((error) => flawOf(error, part));
  });
}

/** Bodies of several content types have one validator each; routes read those by themselves. */
function isValidator(value: unknown): value is PartValidator {
  return typeof value === 'function';
}

type VerboseError = SchemaError & { parentSchema?: { properties?: object } };

const CODES: Record<string, string> = { additionalProperties: 'unknown_name', required: 'missing_value' };

function flawOf(error: VerboseError, part: Part): RequestFlaw {
  const { keyword, instancePath, params, parentSchema } = error;
  const { additionalProperty, missingProperty } = params as Record<string, string | undefined>;
  const name = additionalProperty ?? missingProperty;
  const meant =
    additionalProperty && nearest(additionalProperty, Object.keys(parentSchema?.properties ?? {}));
  const detail = inWords(error) + (meant === undefined ? '' : ` Did you mean "${meant}"?`);
  const pointer = name === undefined ? instancePath : `${instancePath}/${escaped(name)}`;
  const path = instancePath.slice(1).replaceAll('/', '.');
  return {
    at: part === 'body' ? pointer : `${PREFIX[part]}${pointer.replaceAll('/', '.')}`,
    code: CODES[keyword] ?? 'invalid_value',
    detail,
    sentence: `${path === '' ? `The ${NAME[part]}` : `${path} in the ${NAME[part]}`}: ${detail}`,
  };
}

/** Escaped for a JSON pointer (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * One error for each place where a value matches none of several schemas, such as "text or null": a
 * validator reports one for each schema, and another one that none matches.
 */
function simplified(errors: readonly SchemaError[]): SchemaError[] {
  const byPlace = Map.groupBy(errors.filter(hasMeaning), ({ instancePath }) => instancePath);
  return [...byPlace.values()].flatMap((some) => {
    const specific = some.filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'oneOf');
    if (specific.length === some.length || specific.length === 0) return some;
    return joined(specific, 'type', 'type') ?? joined(specific, 'const', 'allowedValue') ?? specific;
  });
}

/** Errors of one keyword as one error with all of its values; undefined if there are others. */
function joined(errors: SchemaError[], keyword: string, name: string): SchemaError[] | undefined {
  const [first] = errors;
  if (!first || errors.some((error) => error.keyword !== keyword)) return undefined;
  const values = errors.flatMap(({ params }) => (params as Record<string, unknown>)[name]);
  return [
    keyword === 'const'
      ? { ...first, keyword: 'enum', params: { allowedValues: values } }
      : { ...first, params: { [name]: values } },
  ];
}
