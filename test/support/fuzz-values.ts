/** Values that fit a schema of the API's document, and values that fit none. */
import * as fc from 'fast-check';

export type Schema = Record<string, unknown>;
type Schemas = Record<string, object>;

/** Text that programs take for something else. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '\0',
      'a\0b',
      '\ud800',
      '\udfff\ud800',
      '\ufeff',
      '\u202e',
      '💥',
      '🏳️‍🌈',
      'İ',
      'ﬀ',
      '\r\n',
      '\t',
    ],
    ...['null', 'undefined', 'NaN', '__proto__', 'constructor', '..', '../../etc/passwd', '%', '%00', '%zz'],
    ...[
      "' or 1=1 --",
      '$1',
      '\\',
      '\\u0000',
      '{}',
      '[]',
      '[[',
      '"',
      '*',
      ',',
      ', ,',
      '=1+1',
      '${7*7}',
      '<b>',
    ],
    ...['-1', '0', '1', '1e9', '2147483648', '9223372036854775808', '1'.repeat(400), '0x10', '1.5', 'true'],
    ...['2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:60Z', '-271821-04-20T00:00:00Z'],
    ...['2026-11-30T00:00:00Z', '+275760-09-13T00:00:00Z', '2026-11-30T24:00:00+23:59', 'http://[::1', '//a'],
    ...['http://127.0.0.1:1/a.jpg', 'http://localhost', 'file:///etc/passwd', 'http://a\0b/', 'a@b'],
    ...['bat_00000000000000000000000000', 'bat_7zzzzzzzzzzzzzzzzzzzzzzzzz', 'img_', '0-0', '1-1-done'],
    ...['x'.repeat(300), 'é'.repeat(2100), '💥'.repeat(1500)],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

export const oddNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(-1, 0, 1, 0.5, -0, 2 ** 31, 2 ** 31 - 1, 2 ** 53, 2 ** 63, 1e21, 1e308, -1e308, 5e-324),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  fc.constantFrom(null, true, false, [], {}, [[]], [null]),
  fc.array(fc.oneof(oddText, oddNumber), { maxLength: 4 }),
  fc.dictionary(oddText, fc.oneof(oddText, oddNumber, fc.constant(null)), { maxKeys: 4 }),
);

/** A value of the schema; now and then, in each of its places, one that fits none. */
export function fromSchema(schema: Schema, schemas: Schemas, depth = 0): fc.Arbitrary<unknown> {
  const fitting = fittingOf(schema, schemas, depth);
  return fc.oneof({ arbitrary: fitting, weight: 9 }, { arbitrary: oddJson, weight: 1 });
}

function fittingOf(schema: Schema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  const within = (inner: unknown): fc.Arbitrary<unknown> => fromSchema(inner as Schema, schemas, depth + 1);
  const { $ref, enum: values, anyOf, oneOf, type } = schema;
  if (depth > 6) return fc.constant(null);
  if (typeof $ref === 'string') return within(schemas[$ref.split('/').at(-1) ?? '']);
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(values)) return fc.constantFrom(...(values as unknown[]));
  const choices = (anyOf ?? oneOf) as Schema[] | undefined;
  if (choices) return fc.oneof(...choices.map(within));
  if (Array.isArray(type))
    return fc.oneof(...type.map((one) => ofType({ ...schema, type: String(one) }, within)));
  return ofType(schema, within);
}

function ofType(schema: Schema, within: (inner: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  switch (schema['type']) {
    case 'object':
      return objectOf(schema, within);
    case 'array':
      return fc.array(within(schema['items'] ?? {}), { maxLength: 4 });
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return textOf(schema);
    default:
      return oddJson;
  }
}

function objectOf(schema: Schema, within: (inner: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.entries(properties as Schema).map(([name, inner]) => [name, within(inner)] as const);
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: required as string[] });
  const isMap = additionalProperties !== undefined && typeof additionalProperties === 'object';
  if (!isMap) return known;
  const others = fc.dictionary(fc.stringMatching(/^[a-z-]{1,8}$/), within(additionalProperties), {
    maxKeys: 3,
  });
  return fc.tuple(others, known).map(([other, own]) => Object.assign({}, other, own));
}

function numberOf({ minimum = 0, maximum = 1000 }: Schema): fc.Arbitrary<number> {
  const [min, max] = [Number(minimum), Number(maximum)];
  return fc.integer({ min: Math.ceil(min), max: Math.max(min, Math.min(max, 2 ** 31 - 1)) });
}

function textOf({ pattern, format, maxLength, default: usual }: Schema): fc.Arbitrary<string> {
  const known = typeof usual === 'string' ? [fc.constant(usual)] : [];
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uri') return fc.constantFrom('http://127.0.0.1:1/a', 'https://127.0.0.1/hook');
  if (typeof pattern === 'string') return fc.oneof(fc.stringMatching(new RegExp(pattern)), oddText);
  const most = Math.min(Number(maxLength ?? 40), 60);
  return fc.oneof(...known, fc.string({ maxLength: most }), fc.string({ unit: 'binary', maxLength: most }));
}
