import AjvCompiler from '@fastify/ajv-compiler';
import type { FastifySchema, FastifySchemaCompiler } from 'fastify';
import { hasMeaning, inWords, type SchemaError } from '../schema-words.ts';

const compilerOf = AjvCompiler();
const KEEP_UNKNOWN = { removeAdditional: false as const }; // unknown options are reported, not dropped
const ofText = compilerOf({}, { customOptions: KEEP_UNKNOWN });
const ofJson = compilerOf({}, { customOptions: { ...KEEP_UNKNOWN, coerceTypes: false } });

/**
 * Queries, paths and headers are text, and are coerced to the type of the schema. JSON bodies have types and
 * are not coerced: `{"headers": false}` would become null, which deletes.
 */
export const validatorCompiler: FastifySchemaCompiler<FastifySchema> = (route) =>
  (route.httpPart === 'body' ? ofJson : ofText)(route);

/** @param where the part of the request, such as querystring */
export function schemaErrorFormatter(errors: SchemaError[], where: string): Error {
  return new Error(
    errors
      .filter(hasMeaning)
      .map((error) => flawOf(error, where))
      .join(' '),
  );
}

function flawOf(error: SchemaError, where: string): string {
  const at = error.instancePath.slice(1).replaceAll('/', '.');
  const part = where === 'querystring' ? 'query' : where;
  return `${at === '' ? `The ${part}` : `${at} in the ${part}`}: ${inWords(error)}`;
}
