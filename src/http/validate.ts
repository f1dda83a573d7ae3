import AjvCompiler from '@fastify/ajv-compiler';
import type { FastifySchema, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';

const compilerOf = AjvCompiler();
const KEEP_UNKNOWN = {
  removeAdditional: false as const, // unknown options are reported, not dropped
  keywords: ['x-name'], // names of schemas: document/names.ts
};
const ALL = { ...KEEP_UNKNOWN, allErrors: true, verbose: true };
const ofText = compilerOf({}, { customOptions: ALL });
const ofJson = compilerOf({}, { customOptions: { ...ALL, coerceTypes: false } });
const firstOfJson = compilerOf({}, { customOptions: { ...KEEP_UNKNOWN, coerceTypes: false } });

/** A validator of a part of requests; `errors` are those of its last call. */
export type PartValidator = {
  (part: unknown): boolean;
  errors?: FastifySchemaValidationError[] | null;
};

/**
 * Queries, paths and headers are text, and are coerced to the type of the schema. JSON bodies have types and
 * are not coerced: `{"headers": false}` would become null, which deletes. All errors are reported; of a large
 * body only the first one, because it could have millions.
 */
export const validatorCompiler: FastifySchemaCompiler<FastifySchema> = (route) => {
  if (route.httpPart !== 'body') return whenUsed(() => ofText(route) as PartValidator);
  const first = whenUsed(() => firstOfJson(route) as PartValidator);
  const all = whenUsed(() => ofJson(route) as PartValidator);
  const validate: PartValidator = (body) => {
    const isValid = first(body);
    const { errors = null } = !isValid && isSmall(body) && !all(body) ? all : first;
    validate.errors = errors;
    return isValid;
  };
  return validate;
};

/** Compiles a validator with its first request: a process has many routes, and most are never asked. */
function whenUsed(compile: () => PartValidator): PartValidator {
  let compiled: PartValidator | undefined;
  const validate: PartValidator = (part) => {
    compiled ??= compile();
    const isValid = compiled(part);
    validate.errors = compiled.errors ?? null;
    return isValid;
  };
  return validate;
}

const SMALL = 1_000; // values

/** Whether JSON has few values, and so few errors. */
function isSmall(json: unknown): boolean {
  const left = [json];
  for (let seen = 0; left.length > 0; seen += 1) {
    const value = left.pop();
    if (value !== null && typeof value === 'object') left.push(...Object.values(value).slice(0, SMALL));
    if (seen + left.length > SMALL) return false;
  }
  return true;
}
