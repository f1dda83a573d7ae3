import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

const WORKERS = 2;

let picture: Buffer;
before(async () => {
  picture = await smallPicture(1);
});

/** An API, two workers, and a connection to their database. */
async function newPlace(settings: Record<string, string> = {}) {
  const folder = await newFolder();
  const url = await migratedDatabase();
  const all = { DATA_DIR: folder.path, DATABASE_URL: url, ...settings };
  const api = await startMinilab('serve --no-worker', all);
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => startMinilab('worker', all)));
  const database: Database = openDatabase(url, 2);
  return {
    api,
    workers,
    settings: all,
    db: database.db,
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
      await api[Symbol.asyncDispose]();
      await database.db.destroy();
      await folder[Symbol.asyncDispose]();
    },
  };
}

type Place = Awaited<ReturnType<typeof newPlace>>;

async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 30_000): Promise<void> {
  for (const end = Date.now() + deadlineMs; !(await condition()); await sleep(10))
    assert.ok(Date.now() < end, 'the condition is not met in time');
}

async function accept(api: Running, urls: string[]): Promise<Batch> {
  const response = await upload(api.url, `Image\n${urls.join('\n')}\n`);
  assert.equal(response.status, 202);
  return json<Batch>(response);
}

function urlsOf({ url }: Pick<Origin, 'url'>, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${url}/${i}.jpg`);
}

/** An origin that counts its open requests. A request counts until it is answered, which is before the client has the answer. */
async function countingOrigin(answerAfterMs: number) {
  const seen = { open: 0, most: 0, requests: 0, lastAt: 0 };
  const waiting: (() => void)[] = [];
  let status = 200;
  const origin = await startOrigin(() => (_request, response) => {
    seen.open += 1;
    seen.requests += 1;
    seen.lastAt = Date.now();
    seen.most = Math.max(seen.most, seen.open);
    const answer = (): void => {
      seen.open -= 1;
      response.writeHead(status).end(status === 200 ? picture : undefined);
    };
    if (Number.isFinite(answerAfterMs)) setTimeout(answer, answerAfterMs);
    else waiting.push(answer);
  });
  return {
    ...origin,
    seen,
    waiting,
    answerWith: (code: number) => void (status = code),
    answer: (count: number) => waiting.splice(0, count).forEach((answer) => answer()),
  };
}

async function hostRow({ db }: Place, host: string) {
  const { rows } = await sql<{ places: number; parkings: number; connect_failures: number; held_s: number }>`
    select places, parkings, connect_failures, extract(epoch from held_until - now())::float8 as held_s
    from hosts where host = ${host}`.execute(db);
  return rows[0];
}

async function liftHolds({ db }: Place): Promise<void> {
  await sql`update hosts set held_until = now()`.execute(db);
  await sql`update images set due_at = now() where due_at is not null`.execute(db);
}

describe('the permits of a host', () => {
  test('are never exceeded, whatever workers there are', async () => {
    await using place = await newPlace({ HOST_CONCURRENCY: '5' });
    await using origin = await countingOrigin(50);
    const ended = await untilEnded((await accept(place.api, urlsOf(origin, 200))).links.self);
    assert.equal(ended.counts.completed, 200);
    assert.ok(origin.seen.most <= 5, `${origin.seen.most} at a time`);
    assert.ok(origin.seen.most >= 4, `only ${origin.seen.most} at a time`);
    assert.equal(origin.seen.requests, 200);
  });

  test('grow while they are the bottleneck and nothing goes wrong', async () => {
    await using place = await newPlace();
    await using origin = await countingOrigin(100);
    await untilEnded((await accept(place.api, urlsOf(origin, 600))).links.self);
    assert.ok(origin.seen.most > 12, `${origin.seen.most} at a time`);
    assert.ok(origin.seen.most <= 32, `${origin.seen.most} at a time`);
  });

  test('are returned as downloads end when the limit of a host sinks, and new downloads wait', async () => {
    await using place = await newPlace({ HOST_CONCURRENCY: '6' });
    await using origin = await countingOrigin(Number.POSITIVE_INFINITY);
    const host = new URL(origin.url).host;
    const batch = await accept(place.api, urlsOf(origin, 30));
    await until(() => origin.seen.open === 6);
    await sql`
      insert into hosts (tenant_id, host, ceiling) values (1, ${host}, 2)
      on conflict (tenant_id, host) do update set ceiling = 2`.execute(place.db);
    await sleep(500); // the workers renew their leases five times a second
    origin.answer(4);
    await sleep(500);
    assert.equal(origin.seen.requests, 6, 'two are open, so no download begins');
    origin.answer(1);
    await until(() => origin.seen.requests === 7);
    await sleep(500);
    assert.equal(origin.seen.open, 2);
    const answering = setInterval(() => {
      assert.ok(origin.seen.open <= 2);
      origin.answer(2);
    }, 10);
    const ended = await untilEnded(batch.links.self);
    clearInterval(answering);
    assert.equal(ended.counts.completed, 30);
  });

  test('of a killed worker become free when its lease ends', async () => {
    await using place = await newPlace({ HOST_CONCURRENCY: '2' });
    await using origin = await countingOrigin(Number.POSITIVE_INFINITY);
    const batch = await accept(place.api, urlsOf(origin, 8));
    await until(() => origin.seen.open === 2);
    for (const worker of place.workers) worker.child.kill('SIGKILL');
    const killedAt = Date.now();
    await using heir = await startMinilab('worker', place.settings);
    await until(() => origin.seen.requests > 2);
    assert.ok(Date.now() - killedAt > 7_000, 'not before its lease has ended');
    const answering = setInterval(() => origin.answer(2), 10);
    assert.equal((await untilEnded(batch.links.self)).counts.completed, 8);
    clearInterval(answering);
    assert.equal(heir.child.exitCode, null);
  });
});

test('no worker sends requests to a host that answered 429 during its hold, and no image loses a try', async () => {
  await using place = await newPlace();
  await using origin = await countingOrigin(100);
  const batch = await accept(place.api, urlsOf(origin, 200));
  await until(() => origin.seen.requests > 60);
  origin.answerWith(429);
  const refusedAt = Date.now() + 100;
  await until(async () => ((await hostRow(place, new URL(origin.url).host))?.held_s ?? 0) > 0);
  await sleep(4_000);
  assert.ok(
    origin.seen.lastAt < refusedAt + 600,
    `a request ${origin.seen.lastAt - refusedAt} ms after it refused`,
  );
  origin.answerWith(200);
  await liftHolds(place);
  const { counts } = await untilEnded(batch.links.self);
  assert.equal(counts.completed, 200);
  const { rows } = await sql<{ tries: number }>`select max(tries) as tries from images`.execute(place.db);
  assert.equal(rows[0]?.tries, 1, 'the one that made it');
});

test('four dead names, and a host that never answers, delay a healthy one by less than two seconds', async () => {
  await using place = await newPlace();
  await using healthy = await countingOrigin(20);
  await using silent = await countingOrigin(Number.POSITIVE_INFINITY);
  const alone = Date.now();
  await untilEnded((await accept(place.api, urlsOf(healthy, 100))).links.self);
  const aloneMs = Date.now() - alone;

  const dead = [1, 2, 3, 4].flatMap((n) => urlsOf({ url: `http://dead-${n}.invalid` }, 100));
  const withDead = Date.now();
  const others = Array.from({ length: 100 }, (_, i) => `${healthy.url}/again-${i}.jpg`);
  const batch = await accept(place.api, [...dead, ...urlsOf(silent, 100), ...others]);
  await until(async () => (await json<Batch>(fetch(batch.links.self))).counts.completed === 100);
  const withDeadMs = Date.now() - withDead;
  const allowedMs = Math.max(2_000, aloneMs); // a loaded machine is slow at both
  assert.ok(withDeadMs - aloneMs < allowedMs, `${aloneMs} ms alone, ${withDeadMs} ms beside dead hosts`);
  await fetch(`${batch.links.self}/cancel`, { method: 'POST' });
});

test('a host that cannot be connected to is parked, gets one trial request a minute, and its images end', async () => {
  await using place = await newPlace();
  const host = '127.0.0.1:1';
  const batch = await accept(place.api, urlsOf({ url: `http://${host}` }, 60));
  await until(async () => ((await hostRow(place, host))?.parkings ?? 0) === 1);
  const parked = await hostRow(place, host);
  assert.ok((parked?.held_s ?? 0) > 50 && (parked?.connect_failures ?? 0) >= 20);
  const waiting = await json<Batch>(fetch(batch.links.self));
  assert.ok(waiting.counts.failed < 60);
  for (const parkings of [2, 3, 4]) {
    const { connect_failures: before = 0 } = (await hostRow(place, host)) ?? {};
    await liftHolds(place);
    await until(async () => ((await hostRow(place, host))?.parkings ?? 0) >= parkings);
    const { connect_failures: after = 0 } = (await hostRow(place, host)) ?? {};
    assert.equal(after - before, 1, 'one trial request');
  }
  const ended = await untilEnded(batch.links.self);
  assert.deepEqual(ended.errors_by_code, { connect_failed: 60 });
});
