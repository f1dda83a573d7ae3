/** Whatever is sent to the API, the answer is a success or one of its problems. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Type } from 'typebox';
import { startHttp } from '../../src/app.ts';
import { Problem, REQUEST_PROBLEMS, type ProblemCode } from '../../src/errors.ts';
import { newServices } from '../support/batches.ts';
import { raw, startServer } from '../support/http.ts';
import { capturedLog } from '../support/logs.ts';
import { freePort } from '../support/minilab.ts';

const HOST = 'host: localhost\r\nconnection: close\r\n';

function withBody(target: string, type: string, body: string, more = ''): string {
  return `POST ${target} HTTP/1.1\r\n${HOST}${more}content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const FORM = 'multipart/form-data; boundary=x';
const part = (head: string, body: string): string =>
  `--x\r\ncontent-disposition: form-data; ${head}\r\n\r\n${body}\r\n`;

/** Requests that frameworks and plug-ins answer by themselves, if they are let. */
const ODD: [string, string | Buffer][] = [
  ['options of the server', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ['options of a path', `OPTIONS /v1/batches HTTP/1.1\r\n${HOST}\r\n`],
  ['a preflight', `OPTIONS /v1/batches HTTP/1.1\r\n${HOST}access-control-request-method: POST\r\n\r\n`],
  ['an absolute target', `GET http://localhost/v1/batches HTTP/1.1\r\n${HOST}\r\n`],
  ['connect', `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n`],
  [
    'an upgrade',
    `GET /v1/batches HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n`,
  ],
  ['HTTP/1.0', `GET /v1/batches HTTP/1.0\r\n${HOST}\r\n`],
  ['HTTP/0.9', 'GET /v1/batches\r\n\r\n'],
  ['an expectation', `POST /v1/batches HTTP/1.1\r\n${HOST}expect: cake\r\ncontent-length: 0\r\n\r\n`],
  ['a page of /docs that is not there', `GET /docs/static/none.js HTTP/1.1\r\n${HOST}\r\n`],
  ['a way out of /docs', `GET /docs/static/..%2f..%2fpackage.json HTTP/1.1\r\n${HOST}\r\n`],
  ['a folder of /docs', `GET /docs/static/ HTTP/1.1\r\n${HOST}\r\n`],
  ['a range of /docs', `GET /docs/static/index.html HTTP/1.1\r\n${HOST}range: bytes=9999999-\r\n\r\n`],
  ['another method on /docs', `DELETE /docs HTTP/1.1\r\n${HOST}\r\n`],
  ['a NUL in the path', `GET /v1/batches/%00 HTTP/1.1\r\n${HOST}\r\n`],
  ['a NUL in the query', `GET /v1/batches?name=%00 HTTP/1.1\r\n${HOST}\r\n`],
  ['a file that is a folder', `GET /files/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n${HOST}\r\n`],
  ['a prototype as a parameter', `GET /v1/batches?__proto__=1&constructor=2 HTTP/1.1\r\n${HOST}\r\n`],
  ['no type', `POST /v1/batches HTTP/1.1\r\n${HOST}content-length: 2\r\n\r\n{}`],
  ['a type that is none', withBody('/v1/batches', '///', 'x')],
  ['empty JSON', withBody('/v1/batches/x/cancel', 'application/json', '')],
  ['JSON with a prototype', withBody('/v1/batches/x/cancel', 'application/json', '{"__proto__":{"a":1}}')],
  ['JSON with a constructor', withBody('/v1/batches', 'application/json', '{"constructor":{"prototype":1}}')],
  ['a coding that is none', withBody('/v1/batches', 'text/csv', 'x', 'content-encoding: lzma\r\n')],
  ['a form without a boundary', withBody('/v1/batches', 'multipart/form-data', 'x')],
  ['a form without an end', withBody('/v1/batches', FORM, part('name="file"; filename="a"', 'x'))],
  ['an empty form', withBody('/v1/batches', FORM, '--x--\r\n')],
  [
    'two files',
    withBody('/v1/batches', FORM, `${part('name="file"; filename="a"', 'x').repeat(2)}--x--\r\n`),
  ],
  ['many fields', withBody('/v1/batches', FORM, `${part('name="name"', 'x').repeat(30)}--x--\r\n`)],
  ['a large field', withBody('/v1/batches', FORM, `${part('name="name"', 'x'.repeat(70_000))}--x--\r\n`)],
  ['a prototype as a field', withBody('/v1/batches', FORM, `${part('name="__proto__"', 'x')}--x--\r\n`)],
  ['a part without a name', withBody('/v1/batches', FORM, `${part('filename="a"', 'x')}--x--\r\n`)],
  ['an unknown source of webhooks', withBody('/v1/webhooks/inbox/none', 'application/json', '{}')],
  ['a large webhook', withBody('/v1/webhooks/inbox/none', 'text/plain', 'x'.repeat(300_000))],
  [
    'rubbish in a header',
    Buffer.from(`GET /v1/batches HTTP/1.1\r\n${HOST}if-none-match: \xff\x80\r\n\r\n`, 'latin1'),
  ],
  ['a cookie that is none', `GET /v1/batches HTTP/1.1\r\n${HOST}cookie: ;;==;%%%\r\n\r\n`],
  ['an authorization that is none', `GET /v1/batches HTTP/1.1\r\n${HOST}authorization: Bearer\r\n\r\n`],
];

describe('the closed list of problems', () => {
  const stack = new AsyncDisposableStack();
  let port: number;

  before(async () => {
    port = await freePort();
    const services = stack.use(await newServices({ PORT: String(port) }));
    const http = await startHttp(services, () => undefined);
    stack.defer(http.close);
  });

  after(() => stack.disposeAsync());

  for (const [name, bytes] of ODD)
    test(`${name}: a success, or a problem of the list`, async () => {
      const { status, head, problem } = await raw(port, bytes);
      assert.ok(status >= 200 && status < 500, head);
      if (status < 400) return;
      const known = REQUEST_PROBLEMS.get(problem['code'] as ProblemCode);
      assert.deepEqual([known?.status, known?.title], [status, problem['title']], head);
      assert.doesNotMatch(JSON.stringify(problem), /FST_|node_modules|\.ts\b|\bat \w+ \(/);
    });
});

describe('the ids of requests', () => {
  const { log, lines } = capturedLog();
  const stack = new AsyncDisposableStack();
  let url: string;

  before(async () => {
    const server = stack.use(
      await startServer(
        (app) => {
          app.get('/bug', () => {
            throw new TypeError('secret of ours in /home/someone/file.ts');
          });
          app.get('/settings', () => {
            throw new Problem('bad_settings', { detail: 'secret of ours' });
          });
          app.get('/down', () => {
            throw new Problem('database_unavailable', { detail: 'Later.' });
          });
          // An answer that its own schema refuses is a bug, too.
          app.get('/odd', { schema: { response: { 200: Type.Object({ a: Type.Integer() }) } } }, () => {
            return {} as { a: number };
          });
          app.get('/thing', async () => ({ ok: true }));
        },
        {},
        log,
      ),
    );
    ({ url } = server);
  });

  after(() => stack.disposeAsync());

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url + path, { headers });

  for (const path of ['/bug', '/settings', '/odd'])
    test(`${path}: a bug is internal_error, and its id leads to its line in the log`, async () => {
      const response = await get(path);
      const body = (await response.json()) as Record<string, unknown>;
      assert.deepEqual([response.status, body['code']], [500, 'internal_error']);
      const id = response.headers.get('x-request-id') ?? '';
      assert.match(id, /^req_[0-9a-f-]{36}$/);
      assert.equal(body['request_id'], id);
      assert.ok(String(body['detail']).includes(id));
      assert.doesNotMatch(JSON.stringify(body), /secret|file\.ts|TypeError|FST_/);
      const logged = lines().filter((line) => line['request_id'] === id && line.level === 'error');
      assert.equal(logged.length, 1);
    });

  test('503 has its id as well', async () => {
    const response = await get('/down');
    const body = (await response.json()) as Record<string, unknown>;
    assert.equal(response.status, 503);
    assert.equal(body['request_id'], response.headers.get('x-request-id'));
  });

  test('every response has an id; a well-formed one of the client is kept', async () => {
    const ids = await Promise.all([get('/thing'), get('/thing'), get('/none')]);
    assert.equal(new Set(ids.map(({ headers }) => headers.get('x-request-id'))).size, 3);
    const given = '4bf92f3577b34da6a3ce929d0e0e4736';
    assert.equal((await get('/thing', { 'x-request-id': given })).headers.get('x-request-id'), given);
    for (const odd of ['short', 'x'.repeat(65), 'with space', '{"json":1}', 'a%0d%0a-log-line'])
      assert.match(
        (await get('/thing', { 'x-request-id': odd })).headers.get('x-request-id') ?? '',
        /^req_/,
        odd,
      );
  });
});

describe('errors of a request', () => {
  const stack = new AsyncDisposableStack();
  let url: string;

  before(async () => {
    const server = stack.use(
      await startServer((app) => {
        const body = Type.Object(
          {
            name: Type.String({ minLength: 1 }),
            size: Type.Union([Type.Integer(), Type.Null()]),
            kind: Type.Union([Type.Literal('a'), Type.Literal('b')]),
            list: Type.Optional(Type.Array(Type.Integer())),
          },
          { additionalProperties: false },
        );
        const querystring = Type.Object({
          limit: Type.Optional(Type.Integer({ minimum: 1 })),
          since: Type.Optional(Type.String({ format: 'date-time' })),
        });
        const headers = Type.Object({ 'x-count': Type.Optional(Type.Integer()) });
        app.put('/things/:id', { schema: { body, querystring, headers } }, async () => ({}));
      }),
    );
    ({ url } = server);
  });

  after(() => stack.disposeAsync());

  type Errors = {
    detail: string;
    error_count: number;
    errors: { at: string; code: string; detail: string }[];
  };
  async function put(query: string, body: unknown, headers: Record<string, string> = {}): Promise<Errors> {
    const response = await fetch(`${url}/things/1${query}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 400);
    return (await response.json()) as Errors;
  }

  test('of a query: unknown names and invalid values, all at once', async () => {
    const { detail, error_count: count, errors } = await put('?limit=0&since=now&lmit=1', {});
    assert.equal(count, 3);
    assert.deepEqual(errors, [
      {
        at: 'query.lmit',
        code: 'unknown_name',
        detail: 'There is no query parameter "lmit"; did you mean "limit"?',
      },
      { at: 'query.limit', code: 'invalid_value', detail: 'It must be 1 or more.' },
      { at: 'query.since', code: 'invalid_value', detail: 'It must be a time such as 2026-11-25T12:00:00Z.' },
    ]);
    assert.match(detail, /limit in the query: It must be 1 or more\. .*This operation has limit, since\.$/);
  });

  test('of a body and of headers: all at once, each with its pointer', async () => {
    const body = { size: 'x', kind: 'c', naem: '', list: [1, 'x'] };
    const { errors } = await put('', body, { 'x-count': 'many' });
    assert.deepEqual(
      errors.map(({ at, code, detail }) => [at, code, detail]),
      [
        ['header.x-count', 'invalid_value', 'It must be a whole number.'],
        ['/name', 'missing_value', 'It needs "name".'],
        ['/naem', 'unknown_name', 'There is no field "naem". Did you mean "name"?'],
        ['/size', 'invalid_value', 'It must be a whole number or null.'],
        ['/kind', 'invalid_value', 'It must be one of a, b.'],
        ['/list/1', 'invalid_value', 'It must be a whole number.'],
      ],
    );
  });

  test('of a large body: the first one only, and quickly', async () => {
    const list = Array.from({ length: 100_000 }, () => 'x');
    const { error_count: count } = await put('', { name: 'x', size: 1, kind: 'a', list });
    assert.equal(count, 1);
  });

  test('JSON that is none is refused in our words', async () => {
    for (const [body, detail] of [
      ['{', 'The body is not valid JSON.'],
      ['', 'The body is empty; it must be JSON.'],
    ]) {
      const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body };
      const response = await fetch(`${url}/things/1`, init as RequestInit);
      assert.equal(response.status, 400);
      assert.equal(((await response.json()) as Errors).detail, detail);
    }
  });
});
