import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { newServices } from '../support/batches.ts';
import { echo, open, raw, startServer, type TestServer, untilClosed } from '../support/http.ts';
import { capturedLog } from '../support/logs.ts';

describe('requests that are none', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer((app) => {
      echo(app);
      app.get('/things/:id', async () => ({ ok: true }));
      app.get('/endless', (_request, reply) => {
        const pieces = new PassThrough();
        pieces.write('begun');
        return reply.send(pieces);
      });
    });
  });

  after(() => server[Symbol.asyncDispose]());

  const host = 'host: localhost\r\nconnection: close\r\n';
  const json = `${host}content-type: application/json\r\n`;
  const withBody = (body: string): string =>
    `POST /echo HTTP/1.1\r\n${json}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const cases: [string, string | Buffer, number, string, RegExp?][] = [
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
    ['TLS', Buffer.from('1603010200010001fc0303', 'hex'), 400, 'bad_request'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad_request'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nhost\r\n\r\n', 400, 'bad_request'],
    [
      'two lengths',
      `POST /echo HTTP/1.1\r\n${json}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
      400,
      'bad_request',
    ],
    [
      'a length and chunks',
      `POST /echo HTTP/1.1\r\n${json}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`,
      400,
      'bad_request',
    ],
    [
      'a bad chunk',
      `POST /echo HTTP/1.1\r\n${json}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'bad_request',
    ],
    ['large headers', `GET / HTTP/1.1\r\n${host}x: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['a long address', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 414, 'uri_too_long'],
    ['a long part of a path', `GET /things/${'a'.repeat(300)} HTTP/1.1\r\n${host}\r\n`, 414, 'uri_too_long'],
    ['no Host', 'GET /things/1 HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'bad_request', /Host/],
    ['two Hosts', `GET /things/1 HTTP/1.1\r\nhost: localhost\r\n${host}\r\n`, 400, 'bad_request', /Host/],
    [
      'a Host that is none',
      'GET /things/1 HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n',
      403,
      'foreign_host',
    ],
    ['an Origin that is none', `GET /things/1 HTTP/1.1\r\n${host}origin: %%\r\n\r\n`, 403, 'foreign_origin'],
    ['a percent sign in the path', `GET /things/%zz HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request', /%/],
    ['bytes that are no UTF-8', `GET /things/%ff HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request', /%/],
    [
      'another expectation',
      `POST /echo HTTP/1.1\r\n${json}expect: tea\r\ncontent-length: 2\r\n\r\n{}`,
      417,
      'expectation_failed',
    ],
    ['JSON that is none', withBody('{"number":'), 400, 'bad_request'],
    ['an empty body', withBody(''), 400, 'bad_request'],
    ['another type', withBody('{}').replace('application/json', 'text/xml'), 415, 'unsupported_media_type'],
    ['a large body', withBody(`{"text":"${'x'.repeat(1_100_000)}"}`), 413, 'payload_too_large'],
    ['another method', `DELETE /echo HTTP/1.1\r\n${host}\r\n`, 405, 'method_not_allowed', /POST/],
    [
      'another method with a body',
      withBody('{}').replace('POST', 'PATCH').replace('application/json', 'text/xml'),
      405,
      'method_not_allowed',
    ],
    [
      'a method that hardly anybody knows',
      `PROPFIND /things/1 HTTP/1.1\r\n${host}\r\n`,
      405,
      'method_not_allowed',
      /GET, HEAD/,
    ],
    ['another path', `GET /nothing HTTP/1.1\r\n${host}\r\n`, 404, 'not_found'],
  ];
  for (const [name, bytes, status, code, detail = /./] of cases)
    test(`${name}: ${status} as a problem`, async () => {
      const answer = await raw(server.port, bytes);
      assert.equal(answer.status, status, answer.head);
      assert.equal(answer.problem['code'], code);
      assert.equal(answer.problem['status'], status);
      assert.match(String(answer.problem['detail']), detail);
      if (status === 405) assert.match(answer.head, /^allow: (POST|GET, HEAD)\r?$/im);
    });

  test('a refused HEAD gets no body, and a bad request behind a HEAD gets one', async () => {
    const refused = await raw(server.port, `HEAD /things/1 HTTP/1.1\r\n${host}expect: tea\r\n\r\n`);
    assert.match(refused.head, /^HTTP\/1\.1 417[^]*content-type: application\/problem\+json/);
    assert.equal(refused.text.split('\r\n\r\n')[1], '');
    const socket = await open(server.port);
    socket.write('HEAD /things/1 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    socket.once('data', () => socket.write('rubbish\r\n\r\n'));
    assert.match(await untilClosed(socket), /^HTTP\/1\.1 200[^]*HTTP\/1\.1 400[^]*"code":"bad_request"/);
  });

  test('rubbish behind a request whose answer has begun does not get an answer into it', async () => {
    const socket = await open(server.port);
    socket.write('GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n');
    socket.once('data', (begun: Buffer) => {
      assert.match(begun.toString(), /^HTTP\/1\.1 200/);
      socket.write('rubbish\r\n\r\n');
    });
    assert.equal((await untilClosed(socket)).match(/HTTP\/1\.1/g)?.length, 1);
  });

  test('JSON is taken at its word', async () => {
    const send = (body: unknown): Promise<Response> =>
      fetch(`${server.url}/echo`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    for (const body of [
      { number: '5' },
      { number: true },
      { number: [5] },
      { number: null },
      { text: 5 },
      { text: null },
      { text: ['a'] },
      [],
      null,
      'x',
      5,
      { other: 1 },
    ])
      assert.equal((await send(body)).status, 400, JSON.stringify(body));
    assert.deepEqual(await (await send({ number: 5, text: '5' })).json(), { number: 5, text: '5' });
  });
});

test('a value that PostgreSQL does not take is the fault of its sender, and no error of ours', async () => {
  const { log, lines } = capturedLog();
  await using services = await newServices();
  await using server = await startServer(
    (app) => void app.get('/values', async () => sql`select ${'a\0b'}::text`.execute(services.database.db)),
    {},
    log,
  );
  const response = await fetch(`${server.url}/values`);
  assert.equal(response.status, 400);
  assert.match(((await response.json()) as { detail: string }).detail, /contains a NUL/);
  assert.deepEqual(
    lines().filter(({ level }) => level === 'error'),
    [],
  );
});
