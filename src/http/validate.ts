import AjvCompiler from '@fastify/ajv-compiler';
import type { FastifySchema, FastifySchemaCompiler } from 'fastify';
import { hasMeaning, inWords, type SchemaError } from '../schema-words.ts';

const compilerOf = AjvCompiler();
const TOLD = { removeAdditional: false as const }; // an option that is not known is told, not dropped
const ofText = compilerOf({}, { customOptions: TOLD });
const ofJson = compilerOf({}, { customOptions: { ...TOLD, coerceTypes: false } });

/**
 * What is text by nature (queries, paths, headers) is read as the type that is asked for. JSON has types,
 * and is taken at its word: of `{"headers": false}` a friendly reader would make null, which deletes.
 */
export const validatorCompiler: FastifySchemaCompiler<FastifySchema> = (route) =>
  (route.httpPart === 'body' ? ofJson : ofText)(route);

/** @param where such as querystring */
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
