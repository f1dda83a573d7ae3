import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { echo, open, raw, readAnswer, startServer, untilClosed } from '../support/http.ts';

const HEAD = 'POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

test('headers that do not come in time end the connection with 408', async () => {
  await using server = await startServer(echo, { headersMs: 100, checkEveryMs: 20 });
  for (const begin of ['', 'GET / HT', `${HEAD}x-slow: `]) {
    const { status, problem } = await raw(server.port, begin);
    assert.equal(status, 408, begin);
    assert.equal(problem['code'], 'request_timeout');
  }
});

test('a body that trickles in is ended with 408, however it is sent', async () => {
  await using server = await startServer(echo, { bodyWindowMs: 100, minBytesPerWindow: 1000 });
  for (const framing of ['content-length: 100000\r\n\r\n{', 'transfer-encoding: chunked\r\n\r\n1\r\n{\r\n']) {
    const socket = await open(server.port);
    socket.write(HEAD + framing);
    const trickle = setInterval(() => socket.write(framing.startsWith('t') ? '1\r\n \r\n' : ' '), 20);
    const { status, problem } = readAnswer(await untilClosed(socket));
    clearInterval(trickle);
    assert.equal(status, 408);
    assert.match(String(problem['detail']), /less than 10000 bytes per second/);
  }
});

test('a body that goes on behind its answer gets no second one', async () => {
  await using server = await startServer(echo, { bodyWindowMs: 100, minBytesPerWindow: 1000 });
  const socket = await open(server.port);
  socket.write(`${HEAD.replace('application/json', 'text/xml')}content-length: 100000\r\n\r\n<`);
  const text = await untilClosed(socket);
  assert.equal(text.match(/HTTP\/1\.1/g)?.length, 1);
  assert.match(text, /^HTTP\/1\.1 415/);
});

test('a body that comes slowly but steadily is taken, however long it takes', async () => {
  await using server = await startServer(echo, { bodyWindowMs: 500, minBytesPerWindow: 10 });
  const socket = await open(server.port);
  const text = 'x'.repeat(600);
  const body = JSON.stringify({ text });
  socket.write(`${HEAD}connection: close\r\ncontent-length: ${body.length}\r\n\r\n`);
  const answer = untilClosed(socket);
  const since = Date.now();
  for (const sign of body) {
    socket.write(sign);
    await tick(socket, 3);
  }
  assert.ok(Date.now() - since > 1_500, 'longer than several windows');
  assert.equal(readAnswer(await answer).status, 200);
});

test('a body that waits for us is not slow', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await using server = await startServer(
    (app) => {
      app.addHook('preParsing', async () => held);
      echo(app);
    },
    { bodyWindowMs: 200, minBytesPerWindow: 1000 },
  );
  const socket = await open(server.port);
  const answer = untilClosed(socket);
  socket.write(`${HEAD}connection: close\r\ncontent-length: 21\r\n\r\n{"number"`);
  await tick(socket, 500);
  socket.write(': 5        }');
  release();
  assert.match(await answer, /200 OK[^]*\{"number":5\}/);
});

test('a client that does not read its answer is ended, and so is the making of it', async () => {
  let ended = (): void => {};
  const isEnded = new Promise<void>((resolve) => (ended = resolve));
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(65_536);
    } finally {
      ended();
    }
  }
  await using server = await startServer(
    (app) => void app.get('/endless', (_request, reply) => reply.send(Readable.from(endless()))),
    { unreadMs: 100 },
  );
  const socket = await open(server.port);
  socket.pause();
  socket.write('GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await isEnded;
});

test('an answer that is long in the making is waited for', async () => {
  await using server = await startServer(
    (app) =>
      void app.get('/late', async (request) => {
        await tick(request.raw.socket, 900);
        return { ok: true };
      }),
    { unreadMs: 300 },
  );
  assert.deepEqual(await (await fetch(`${server.url}/late`)).json(), { ok: true });
});

/** Lets time pass: what is tested here is time itself. */
async function tick(socket: Socket, ms: number): Promise<void> {
  const timer = setTimeout(() => socket.emit('tick'), ms);
  await once(socket, 'tick').finally(() => clearTimeout(timer));
}
