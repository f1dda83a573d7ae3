import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Agent } from 'undici';
import { readConfig } from '../../../src/config.ts';
import { createGuard } from '../../../src/net/guard.ts';
import { requestOnce, type Response } from '../../../src/pipeline/download/exchange.ts';
import { ImageProblem } from '../../../src/pipeline/problems.ts';
import { startOrigin } from '../../support/origin.ts';

const MB = 2 ** 20;
const PIECE = randomBytes(MB);
const PIECES = 64;

/** Runs `use` with the response of a host that writes the same piece again and again. */
async function withResponse(
  use: (response: Response, host: { response: ServerResponse; written(): number }) => Promise<void>,
  signal = new AbortController().signal,
): Promise<void> {
  let written = 0;
  const asked = Promise.withResolvers<ServerResponse>();
  await using origin = await startOrigin(() => async (_, response) => {
    asked.resolve(response);
    response.writeHead(200, { 'content-length': PIECES * MB });
    for (let piece = 0; piece < PIECES && !response.destroyed; piece += 1) {
      if (!response.write(PIECE)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      written += MB;
    }
    response.end();
  });
  const guard = createGuard(readConfig({ ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' }));
  try {
    const response = await requestOnce(new URL(origin.url), { agent: guard.agent, headers: {}, signal });
    await use(response, { response: await asked.promise, written: () => written });
  } finally {
    await guard.close();
  }
}

test('a host waits for a slow reader, who gets every byte in the end', async () => {
  await withResponse(async ({ body }, host) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of body) {
      hash.update(chunk);
      if (bytes === 0) {
        for (let turns = 0; turns < 500; turns += 1) await turn(); // a reader that waits for nobody has all by now
        assert.ok(host.written() < PIECES * MB, `${host.written() / MB} MB were sent to nobody`);
      }
      bytes += chunk.length;
    }
    const whole = createHash('sha256');
    for (let piece = 0; piece < PIECES; piece += 1) whole.update(PIECE);
    assert.deepEqual([bytes, hash.digest('hex')], [PIECES * MB, whole.digest('hex')]);
  });
});

test('a request that is aborted while it connects ends at once, with the reason', async () => {
  const connecting = Promise.withResolvers<() => void>();
  const agent = new Agent({
    connect: (_, callback) => connecting.resolve(() => callback(new Error('too late'), null)),
  });
  const abort = new AbortController();
  const request = requestOnce(new URL('http://127.0.0.1:9'), { agent, headers: {}, signal: abort.signal });
  const fail = await connecting.promise;
  const reason = new Error('nobody wants it');
  abort.abort(reason);
  await assert.rejects(request, reason);
  const begun = requestOnce(new URL('http://127.0.0.1:9'), { agent, headers: {}, signal: abort.signal });
  await assert.rejects(begun, reason);
  fail();
  await agent.destroy();
});

test('a reader that has enough ends the request', async () => {
  await withResponse(async ({ body }, host) => {
    const closed = once(host.response, 'close');
    for await (const chunk of body) {
      assert.ok(chunk.length > 0);
      break;
    }
    await closed;
    await assert.rejects(body.next());
  });
});

test('an abort ends a request and its body with its reason', async () => {
  const abort = new AbortController();
  const reason = new Error('nobody waits any longer');
  await withResponse(async ({ body }, host) => {
    const closed = once(host.response, 'close');
    await body.next();
    abort.abort(reason);
    await closed;
    await assert.rejects(body.next(), reason);
  }, abort.signal);
  await assert.rejects(
    withResponse(async () => assert.fail('a request was sent'), abort.signal),
    reason,
  );
});

test('a host that goes away fails the body as a download that is cut short', async () => {
  await withResponse(async ({ body }, host) => {
    await body.next();
    host.response.destroy();
    const isCut = (error: unknown): boolean =>
      error instanceof ImageProblem && error.code === 'truncated_download';
    await assert.rejects(async () => {
      for await (const chunk of body) assert.ok(chunk.length > 0);
    }, isCut);
  });
});
