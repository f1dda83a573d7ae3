import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { readConfig } from '../../../src/config.ts';
import { createGuard } from '../../../src/net/guard.ts';
import { fetchSource } from '../../../src/pipeline/download/fetch.ts';
import { createSourceFiles } from '../../../src/pipeline/download/source-files.ts';
import { ImageProblem } from '../../../src/pipeline/problems.ts';
import { newFolder } from '../../support/folder.ts';
import { smallPicture } from '../../support/pictures.ts';
import { startRawOrigin } from '../../support/raw-origin.ts';

/** Downloads one after the other from an origin that answers the request with a number on a connection. */
async function endsOf(answers: ((socket: Socket, picture: Buffer) => void)[][], downloads: number) {
  const picture = await smallPicture(1);
  const connections: Socket[] = [];
  const asked = new Map<Socket, number>();
  await using origin = await startRawOrigin({
    '/1.jpg': (socket) => {
      if (!connections.includes(socket)) connections.push(socket);
      const number = asked.get(socket) ?? 0;
      asked.set(socket, number + 1);
      answers[connections.indexOf(socket)]?.[number]?.(socket, picture);
    },
  });
  await using folder = await newFolder();
  const bounds = { totalMs: 5_000, connectMs: 1_000, headersMs: 300, idleMs: 1_000 };
  const guard = createGuard({ ...readConfig({ ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' }), bounds });
  const files = createSourceFiles(folder.path);
  const rules = { guard, maxBytes: 5_000_000, userAgent: 'minilab/test', localFolder: undefined };
  const ends: string[] = [];
  for (let i = 0; i < downloads; i += 1) {
    const file = await files.take();
    const end = fetchSource(`${origin.url}/1.jpg`, file, rules, new AbortController().signal).then(
      () => 'an image',
      (error: unknown) => (error instanceof ImageProblem ? error.code : String(error)),
    );
    ends.push(await end);
    files.giveBack(file);
  }
  await files.close();
  await guard.close();
  return { ends, connections: connections.length, requests: origin.requests.length };
}

const whole = (socket: Socket, picture: Buffer): void =>
  void socket.write(
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${picture.length}\r\n\r\n`), picture]),
  );
const reset = (socket: Socket): void => void socket.resetAndDestroy();
const close = (socket: Socket): void => void socket.end();

test('a host that closes a kept connection as the next request comes is asked again, over a new one', async () => {
  for (const end of [reset, close]) {
    const { ends, connections, requests } = await endsOf([[whole, end], [whole]], 2);
    assert.deepEqual([ends, connections, requests], [['an image', 'an image'], 2, 3]);
  }
});

test('a host that closes a new connection is not asked again', async () => {
  for (const end of [reset, close]) {
    const { ends, requests } = await endsOf([[end], [whole]], 1);
    assert.deepEqual([ends, requests], [['connect_failed'], 1]);
  }
});

test('nor is one that has begun to answer, or answers nothing', async () => {
  const begin = (socket: Socket): void =>
    void socket.write('HTTP/1.1 200 OK\r\nx', () => socket.resetAndDestroy());
  const begun = await endsOf([[whole, begin], [whole]], 2);
  assert.deepEqual([begun.ends, begun.requests], [['an image', 'connect_failed'], 2]);
  const silent = await endsOf([[whole, () => {}], [whole]], 2);
  assert.deepEqual([silent.ends, silent.requests], [['an image', 'download_timeout'], 2]);
});

test('a connection is kept after an answer in which nothing was wrong, and closed after a repaired one', async () => {
  const plain = await endsOf([[whole, whole, whole]], 3);
  assert.equal(plain.connections, 1);
  const careless = (socket: Socket, picture: Buffer): void =>
    void socket.write(
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\nno colon\r\ncontent-length: ${picture.length}\r\n\r\n`),
        picture,
      ]),
    );
  const repaired = await endsOf([[careless], [careless], [careless]], 3);
  assert.deepEqual([repaired.ends, repaired.connections], [['an image', 'an image', 'an image'], 3]);
});
