/** Slow and vanished readers, revoked keys, and the stop of the database or the server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { closeServer } from '../../../src/http/server.ts';
import { acceptUrls } from '../../support/batches.ts';
import { readEvents } from '../../support/events.ts';
import { open } from '../../support/http.ts';
import { isProgressOf, newLive, slotsOf, urls, work } from '../../support/live.ts';
import { newPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';

test('a reader that stops reading costs nothing, and is told the rest in one piece when it reads again', async () => {
  await using live = await newLive();
  const { services } = live;
  const key = await acceptUrls(services, urls(300));
  using slow = await readEvents(`${live.urlOf(key)}/events`);
  using other = await readEvents(`${live.urlOf(key)}/events`);
  await slow.until(isProgressOf(0));
  slow.pause();
  for (let i = 1; i <= 6; i += 1) {
    await work(services, 10, 'fail');
    await other.until(isProgressOf(10 * i));
  }
  slow.resume();
  await work(services, 240, 'fail');
  await slow.ended;
  assert.equal(slow.events.at(-1)?.event, 'done');
  const leftOut = slow.events
    .filter(({ event }) => event === 'images_left_out')
    .reduce((sum, { data }) => sum + Number(data['count']), 0);
  assert.equal(new Set(slotsOf(slow.events)).size + leftOut, 300);
});

test('an idle stream is no slow client; heartbeats keep it alive', async () => {
  await using live = await newLive({
    limits: { unreadMs: 100 },
    times: { heartbeatMs: 150, checkMs: 50 },
  });
  const key = await acceptUrls(live.services, urls(1));
  using stream = await readEvents(`${live.urlOf(key)}/events`);
  await until(() => stream.comments >= 5);
  await work(live.services, 1, 'fail');
  await stream.ended;
  assert.equal(stream.events.at(-1)?.event, 'done');
});

test('a client that has vanished is forgotten: nothing is asked for it', async () => {
  await using live = await newLive();
  const key = await acceptUrls(live.services, urls(1));
  const path = new URL(`${live.urlOf(key)}/events`).pathname;
  const socket = await open(live.server.port);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await once(socket, 'data');
  await until(() => live.statements() > 0);
  socket.destroy();
  await until(async () => {
    const before = live.statements();
    await sleep(1_200);
    return live.statements() === before;
  });
});

test('so is one that vanished before its stream began', async () => {
  await using live = await newLive();
  const { db } = live.services.database;
  const key = await acceptUrls(live.services, urls(1));
  const path = new URL(`${live.urlOf(key)}/events`).pathname;
  const socket = await open(live.server.port);
  await db.transaction().execute(async (trx) => {
    await sql`lock table batches in access exclusive mode`.execute(trx);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await once(live.server.app.server, 'request');
    socket.destroy();
    const { server } = live.server.app;
    await until(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count === 0))));
  });
  await until(async () => {
    const before = live.statements();
    await sleep(4_000); // the activity of batches that are watched is asked every 3 s
    return live.statements() === before;
  });
});

test('streams and waits end when their key is revoked', async () => {
  await using live = await newLive({ times: { heartbeatMs: 15_000, checkMs: 50 } });
  const key = await acceptUrls(live.services, urls(1));
  using stream = await readEvents(`${live.urlOf(key)}/events`);
  await stream.until(({ event }) => event === 'progress');
  const wait = fetch(`${live.urlOf(key)}?wait=60`);
  live.allowed.is = false;
  await stream.ended;
  assert.ok(!stream.events.some(({ event }) => event === 'done'));
  assert.equal((await wait).status, 401);
});

test('streams stay open while the database is down, and go on afterwards', async () => {
  await using postgres = await newPostgres();
  await using live = await newLive({
    databaseUrl: await postgres.newDatabase(),
    times: { heartbeatMs: 100, checkMs: 50 },
  });
  const { services } = live;
  const key = await acceptUrls(services, urls(20));
  using stream = await readEvents(`${live.urlOf(key)}/events`);
  await stream.until(isProgressOf(0));
  await work(services, 10, 'fail');
  await stream.until(isProgressOf(10));
  const wait = fetch(`${live.urlOf(key)}?wait=60`);
  await postgres.stopAtOnce();
  assert.equal((await wait).status, 503);
  const { comments } = stream;
  await until(() => stream.comments > comments + 5);
  await postgres.start();
  await work(services, 10, 'fail');
  await stream.ended;
  assert.equal(stream.events.at(-1)?.event, 'done');
  assert.deepEqual(
    slotsOf(stream.events).toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

test('a server that stops ends its streams and waits at once, and says when to come back', async () => {
  await using live = await newLive();
  const key = await acceptUrls(live.services, urls(1));
  const streams = await Promise.all(
    Array.from({ length: 50 }, () => readEvents(`${live.urlOf(key)}/events`)),
  );
  await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'progress')));
  const arrived = once(live.server.app.server, 'request');
  const wait = fetch(`${live.urlOf(key)}?wait=60`);
  await arrived;
  const closed = closeServer(live.server.app);
  await Promise.all(streams.map(({ ended }) => ended));
  assert.equal((await wait).status, 200);
  await closed;
  for (const { retries } of streams) {
    assert.equal(retries.length, 2);
    assert.ok(Number(retries[1]) >= 1_000 && Number(retries[1]) <= 5_000);
  }
});
