/** Requests of every operation of the API's document, right ones and wrong ones. */
import * as fc from 'fast-check';
import type { ApiDocument, Media, Operation, Parameter } from '../../contract/document.ts';
import { bodyOf, type FuzzBody } from './fuzz-bodies.ts';
import { fromSchema, oddText, type Schema } from './fuzz-values.ts';

export type FuzzRequest = {
  /** of the operation, as in the document */
  route: string;
  method: string;
  /** values of the path's parameters; a number chooses one of the objects that there are */
  ids: Record<string, string | number>;
  /** encoded so that the route is found, whatever is in it */
  isEncoded: boolean;
  query: [string, string][];
  headers: Record<string, string>;
  key: 'admin' | 'read' | 'none' | 'wrong';
  body: FuzzBody | undefined;
};

const METHODS = ['HEAD', 'OPTIONS', 'TRACE', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY'];

export function fuzzRequests(document: ApiDocument): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([verb, operation]) => requestOf(document, route, verb, operation)),
  );
  return fc.oneof(...operations);
}

function requestOf(
  { components: { schemas } }: ApiDocument,
  route: string,
  verb: string,
  { parameters = [], requestBody }: Operation,
): fc.Arbitrary<FuzzRequest> {
  const own = verb.toUpperCase();
  const others = fc.constantFrom(...METHODS);
  return fc.record({
    route: fc.constant(route),
    method: often(fc.constant(own), own === 'GET' ? fc.oneof(fc.constant('HEAD'), others) : others, 12),
    ids: idsOf(route),
    isEncoded: often(fc.constant(true), fc.constant(false), 12),
    query: queryOf(parameters.filter(isOfQuery), schemas),
    headers: headersOf(parameters),
    key: often<FuzzRequest['key']>(fc.constant('admin'), fc.constantFrom('read', 'read', 'none', 'wrong'), 9),
    body: bodyOfOperation(own, requestBody?.content, schemas),
  });
}

function often<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight: number): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight }, { arbitrary: other, weight: 1 });
}

function idsOf(route: string): fc.Arbitrary<Record<string, string | number>> {
  const names = [...route.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const known = fc.nat({ max: 1000 });
  return fc.record(
    Object.fromEntries(names.map((name) => [name, often<string | number>(known, oddText, 3)])),
  );
}

const isOfQuery = ({ in: place }: Parameter): boolean => place === 'query';

function queryOf(parameters: Parameter[], schemas: Record<string, object>): fc.Arbitrary<[string, string][]> {
  const some = parameters.map((one) =>
    fc.option(valueOf(one, schemas), { freq: one.required ? 1 : 2, nil: undefined }),
  );
  const known = fc.tuple(...some).map((all) =>
    parameters.flatMap(({ name }, i): [string, string][] => {
      const value = all[i];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const extra = often<[string, string][]>(
    fc.constant([]),
    fc.array(fc.tuple(oddText, oddText), { maxLength: 2 }),
    30,
  );
  const repeated = often(fc.constant(false), fc.constant(true), 20);
  return fc.tuple(known, extra, repeated).map(([own, more, twice]) => own.concat(more, twice ? own : []));
}

/** A wait is a second at most. */
function valueOf({ name, schema }: Parameter, schemas: Record<string, object>): fc.Arbitrary<string> {
  if (name === 'wait') return fc.constantFrom('0', '1', '-1', '61', 'x', '');
  const limited: Schema = name === 'probe' ? { ...schema, maximum: 2 } : schema;
  const fitting = fromSchema(limited, schemas).map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  );
  return often(fitting, oddText, 9);
}

const TYPES = [
  'application/json',
  '*/*',
  'text/html',
  'image/webp,*/*;q=0.1',
  'x',
  '',
  ';q=',
  'text/csv;q=0',
];
const TAGS = ['*', '"x"', 'W/"x"', '"', '', 'x,y', `"${'x'.repeat(2000)}"`];

function headersOf(parameters: Parameter[]): fc.Arbitrary<Record<string, string>> {
  const own = parameters.filter((one) => one.in === 'header').map(({ name }) => [name, headerText] as const);
  const odd = {
    accept: fc.constantFrom(...TYPES),
    'accept-encoding': fc.constantFrom(
      'gzip',
      'br',
      'identity;q=0',
      '*;q=0',
      'gzip;q=nan',
      '',
      'deflate, gzip',
    ),
    'if-none-match': fc.constantFrom(...TAGS),
    'if-match': fc.constantFrom(...TAGS),
    'if-modified-since': headerText,
    range: fc.constantFrom(
      'bytes=0-1',
      'bytes=5-2',
      'bytes=-1',
      'bytes=0-0,2-3',
      'bytes=99999999999999999999-',
      'x',
    ),
    origin: fc.constantFrom('http://evil.example', 'null', '%%', 'http://localhost'),
    cookie: fc.oneof(headerText, fc.constantFrom('minilab_session=x', 'minilab_key=%00', '=;=;')),
    'last-event-id': headerText,
    'x-request-id': headerText,
    'x-forwarded-for': headerText,
    'x-forwarded-host': headerText,
    'webhook-id': headerText,
    'webhook-timestamp': headerText,
    'webhook-signature': headerText,
    'idempotency-key': headerText,
    expect: fc.constantFrom('100-continue', 'tea'),
    upgrade: fc.constantFrom('websocket', 'h2c'),
    'x-http-method-override': fc.constant('DELETE'),
  };
  const few = fc.subarray(Object.keys(odd), { maxLength: 3 });
  const all = fc.record({ ...odd, ...Object.fromEntries(own) }) as fc.Arbitrary<Record<string, string>>;
  return fc
    .tuple(all, often<string[]>(fc.constant([]), few, 2))
    .map(([values, names]) => Object.fromEntries(names.map((name) => [name, values[name] ?? ''])));
}

/** What Node's client sends: no control characters. */
const headerText = oddText.map((text) =>
  Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?'),
);

function bodyOfOperation(
  method: string,
  content: Record<string, Media> | undefined,
  schemas: Record<string, object>,
): fc.Arbitrary<FuzzBody | undefined> {
  const none = fc.constant(undefined);
  if (!content) return often<FuzzBody | undefined>(none, bodyOf(undefined), method === 'GET' ? 20 : 4);
  const json = content['application/json'];
  return often<FuzzBody | undefined>(bodyOf(json ? fromSchema(json.schema, schemas) : 'csv'), none, 15);
}
