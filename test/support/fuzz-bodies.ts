/** Bodies of requests: JSON, CSV and forms, right ones and wrong ones. */
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { oddJson, oddText } from './fuzz-values.ts';

export type FuzzBody = { type: string; encoding: string; isChunked: boolean; base64: string };

const HEADERS = [
  'SKU,Product Name,Input Image Urls',
  'S. No.,Product Name,Input Image Urls',
  'a;b;c',
  'SKU',
  '',
];
const URLS = [
  'http://127.0.0.1:1/1.jpg',
  '"http://127.0.0.1:1/1.jpg,http://127.0.0.1:1/2.jpg"',
  'no url',
  '"',
];
const TYPES = [
  'application/json',
  'text/csv',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'text/xml',
  '',
];
const ODD_TYPES = [
  'application/json; charset=latin1',
  'text/csv; charset=x',
  'a/b/c',
  '*/*',
  'application/json;',
  ';',
];
const FIELDS = [
  'preset',
  'main_preset',
  'apparel',
  'name',
  'on_invalid',
  'columns',
  'strict',
  'fresh_for',
  'header_line',
  'upload',
  'x',
  '__proto__',
];

/** @param expected values of JSON, or that a CSV is wanted, or nothing */
export function bodyOf(expected: fc.Arbitrary<unknown> | 'csv' | undefined): fc.Arbitrary<FuzzBody> {
  const usual = expected === 'csv' ? fc.oneof(csv(), form()) : json(expected ?? oddJson);
  const others = fc.oneof(csv(), form(), json(oddJson), rubbish());
  const framed = fc.oneof({ arbitrary: usual, weight: 9 }, { arbitrary: others, weight: 2 });
  const type = fc.constantFrom(...TYPES, ...ODD_TYPES);
  return fc
    .record({
      framed,
      type,
      isTypeOdd: fc.nat(11).map((n) => n === 0),
      encoding: fc.constantFrom('', '', '', '', '', '', '', '', 'gzip', 'really gzip', 'br', 'identity', 'x'),
      isChunked: fc.nat(5).map((n) => n === 0),
    })
    .map(({ framed: [own, bytes], type: odd, isTypeOdd, encoding, isChunked }) => ({
      type: isTypeOdd ? odd : own,
      encoding: encoding.replace('really ', ''),
      isChunked,
      base64: (encoding === 'really gzip' ? gzipSync(bytes) : bytes).toString('base64'),
    }));
}

type Framed = [type: string, bytes: Buffer];

function json(values: fc.Arbitrary<unknown>): fc.Arbitrary<Framed> {
  const text = values.map((value) => JSON.stringify(value) ?? 'null');
  const odd = fc.constantFrom(
    ...[
      '',
      '{',
      '{"a":1,"a":2}',
      '{"__proto__":{"x":1}}',
      '{"constructor":{"prototype":{}}}',
      '1e999',
      '-',
      '"\\ud800"',
    ],
    ...[
      '\ufeff{}',
      'null',
      '"\\u0000"',
      '['.repeat(5000),
      '{"name":'.repeat(3000),
      ' '.repeat(20_000),
      '{}{}',
      "{'a':1}",
    ],
  );
  const bytes = fc.oneof({ arbitrary: text, weight: 9 }, { arbitrary: odd, weight: 1 });
  return bytes.map((one): Framed => ['application/json', Buffer.from(one)]);
}

function csvText(): fc.Arbitrary<Buffer> {
  const quoted = oddText.map((text) => `"${text.replaceAll('"', '""')}"`);
  const cell = fc.oneof(quoted, oddText, fc.constant('A'));
  const row = fc
    .tuple(fc.oneof(fc.nat().map(String), cell), cell, fc.constantFrom(...URLS))
    .map((cells) => cells.join(','));
  const good = fc.nat({ max: 9999 }).map((n) => `${n},A,http://127.0.0.1:1/${n}.jpg`);
  const rows = fc.oneof(fc.array(good, { minLength: 1, maxLength: 4 }), fc.array(row, { maxLength: 5 }));
  const header = fc.oneof(
    { arbitrary: fc.constant(HEADERS[0] ?? ''), weight: 5 },
    { arbitrary: fc.constantFrom(...HEADERS), weight: 1 },
  );
  const encoding = fc.constantFrom(
    'utf8',
    'utf8',
    'utf8',
    'utf8',
    'latin1',
    'utf16le',
  ) as fc.Arbitrary<BufferEncoding>;
  return fc
    .tuple(header, rows, fc.constantFrom('\n', '\r\n', '\r'), encoding)
    .map(([head, all, end, how]) => Buffer.from(`${[head, ...all].join(end)}${end}`, how));
}

function csv(): fc.Arbitrary<Framed> {
  return csvText().map((bytes): Framed => ['text/csv', bytes]);
}

function form(): fc.Arbitrary<Framed> {
  const field = fc.tuple(
    fc.constantFrom(...FIELDS),
    fc.oneof(oddText, fc.constantFrom('web', 'skip', 'true', '1')),
  );
  const fields = fc.oneof(fc.constant([]), fc.array(field, { maxLength: 3 }));
  const fileName = fc.oneof(fc.constant('a.csv'), oddText);
  const end = fc.constantFrom('--x--\r\n', '--x--\r\n', '--x--\r\n', '--x--\r\n', '--x', '');
  return fc.tuple(fields, fileName, csvText(), end).map(([some, name, bytes, closing]): Framed => {
    const part = (disposition: string, content: string | Buffer): Buffer =>
      Buffer.concat([
        Buffer.from(`--x\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`),
        Buffer.from(content as string),
        Buffer.from('\r\n'),
      ]);
    const parts = some.map(([one, value]) => part(`name="${one}"`, value));
    const file = part(`name="file"; filename="${name}"`, bytes);
    return ['multipart/form-data; boundary=x', Buffer.concat([...parts, file, Buffer.from(closing)])];
  });
}

function rubbish(): fc.Arbitrary<Framed> {
  return fc
    .tuple(fc.constantFrom(...TYPES, ...ODD_TYPES), fc.uint8Array({ maxLength: 300 }))
    .map(([type, bytes]): Framed => [type, Buffer.from(bytes)]);
}
