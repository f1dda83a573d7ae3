import type { TSchema } from 'typebox';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';

Settings.Set({ maxErrors: 1_000 }); // or it tells the first 8

/** What a schema checker says of a value, in plain words. TypeBox and Ajv tell their errors alike. */
export type SchemaError = {
  keyword: string;
  /** JSON pointer to the value */
  instancePath: string;
  params: object;
  message?: string | undefined;
};

/** @param patterns what a pattern of the schema means, after "It must be" */
export function inWords(
  { keyword, params, message }: SchemaError,
  patterns: Readonly<Record<string, string>> = {},
): string {
  const told = params as Record<string, unknown>;
  const limit = String(told['limit']);
  switch (keyword) {
    case 'type':
      return `It must be ${list(told['type'], (type) => TYPES[type] ?? type, ' or ')}.`;
    case 'required':
      return `It needs ${list(told['requiredProperties'] ?? told['missingProperty'], quoted)}.`;
    case 'additionalProperties':
      return `There is no setting ${list(told['additionalProperties'] ?? told['additionalProperty'], quoted)}.`;
    case 'enum':
      return `It must be one of ${list(told['allowedValues'], String)}.`;
    case 'const':
      return `It must be ${String(told['allowedValue'])}.`;
    case 'minimum':
      return `It must be ${limit} or more.`;
    case 'maximum':
      return `It must be ${limit} or less.`;
    case 'minItems':
      return `It must have ${limit} or more entries.`;
    case 'maxItems':
      return `It must have ${limit} entries or fewer.`;
    case 'minLength':
      return `It must have ${limit} or more characters.`;
    case 'maxLength':
      return `It must have ${limit} characters or fewer.`;
    case 'pattern':
      return patternInWords(String(told['pattern']), patterns);
    case 'format':
      return `It must be ${FORMATS[String(told['format'])] ?? `of the form ${String(told['format'])}`}.`;
    default:
      return `It ${message ?? 'is not valid'}.`;
  }
}

/** Everything that is wrong with a value. */
export function schemaErrors(schema: TSchema, value: unknown): SchemaError[] {
  return Value.Errors(schema, value).filter(hasMeaning);
}

/** "Schema is false" stands beside the name of what is not known. */
export function hasMeaning({ keyword }: SchemaError): boolean {
  return keyword !== 'boolean';
}

const TYPES: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object {…}',
  null: 'null',
};

const FORMATS: Record<string, string> = {
  'date-time': 'a time such as 2026-11-25T12:00:00Z',
  uuid: 'a UUID',
  uri: 'an address',
};

function patternInWords(pattern: string, patterns: Readonly<Record<string, string>>): string {
  const meaning = patterns[pattern];
  return meaning === undefined ? `It must match ${pattern}.` : `It must be ${meaning}.`;
}

function quoted(name: string): string {
  return `"${name}"`;
}

function list(values: unknown, word: (value: string) => string, between = ', '): string {
  return [values]
    .flat()
    .map((value) => word(String(value)))
    .join(between);
}
