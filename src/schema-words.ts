import type { TSchema } from 'typebox';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';

Settings.Set({ maxErrors: 1_000 }); // the default is 8

/** An error of a schema validator; TypeBox and Ajv use the same form. */
export type SchemaError = {
  keyword: string;
  /** JSON pointer to the value */
  instancePath: string;
  params: object;
  message?: string | undefined;
};

/** A sentence for an error. @param patterns the meaning of patterns in the schema, to follow "It must be" */
export function inWords(
  { keyword, params, message }: SchemaError,
  patterns: Readonly<Record<string, string>> = {},
): string {
  const details = params as Record<string, unknown>;
  const limit = String(details['limit']);
  switch (keyword) {
    case 'type':
      return `It must be ${list(details['type'], (type) => TYPES[type] ?? type, ' or ')}.`;
    case 'required':
      return `It needs ${list(details['requiredProperties'] ?? details['missingProperty'], quoted)}.`;
    case 'additionalProperties':
      return `There is no field ${list(details['additionalProperties'] ?? details['additionalProperty'], quoted)}.`;
    case 'enum':
      return `It must be one of ${list(details['allowedValues'], String)}.`;
    case 'const':
      return `It must be ${String(details['allowedValue'])}.`;
    case 'minimum':
      return `It must be ${limit} or more.`;
    case 'maximum':
      return `It must be ${limit} or less.`;
    case 'exclusiveMinimum':
      return `It must be more than ${limit}.`;
    case 'exclusiveMaximum':
      return `It must be less than ${limit}.`;
    case 'multipleOf':
      return `It must be a multiple of ${String(details['multipleOf'])}.`;
    case 'uniqueItems':
      return 'It must not have the same entry twice.';
    case 'minProperties':
      return `It must have ${limit} or more fields.`;
    case 'maxProperties':
      return `It must have ${limit} fields or fewer.`;
    case 'minItems':
      return `It must have ${limit} or more entries.`;
    case 'maxItems':
      return `It must have ${limit} entries or fewer.`;
    case 'minLength':
      return `It must have ${limit} or more characters.`;
    case 'maxLength':
      return `It must have ${limit} characters or fewer.`;
    case 'pattern':
      return patternInWords(String(details['pattern']), patterns);
    case 'format':
      return `It must be ${FORMATS[String(details['format'])] ?? `of the form ${String(details['format'])}`}.`;
    default:
      return `It ${message ?? 'is not valid'}.`;
  }
}

/** All errors of a value. */
export function schemaErrors(schema: TSchema, value: unknown): SchemaError[] {
  return Value.Errors(schema, value).filter(hasMeaning);
}

/** False for "schema is false", which duplicates the error about an unknown property. */
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
