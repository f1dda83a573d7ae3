import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { networkTo } from '../support/blackhole.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { newPostgres, type Postgres } from '../support/postgres.ts';
import { smallPicture } from '../support/pictures.ts';
import { until } from '../support/until.ts';

const COUNT = 150;
const GO_ON_WITHIN_MS = 40_000; // 15 s until the frozen session is ended, 10 s until its tasks are another's
const TURN = 7_203_451_968; // the lock of hosts/leases.ts

let postgres: Postgres;
before(async () => {
  postgres = await newPostgres();
});
after(() => postgres[Symbol.asyncDispose]());

type Place = AsyncDisposable & {
  folder: Folder;
  api: Running;
  /** as another one sees the database */
  spy: Client;
  origin: Origin;
  waiting: ServerResponse[];
  /** From now on the origin answers at once. */
  open(): void;
  startWorker(name: string, port?: number): Promise<Running>;
};

async function newPlace(): Promise<Place> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const url = new URL(await postgres.newDatabase());
  const settings = { DATA_DIR: folder.path, LOG_LEVEL: 'debug' };
  const api = stack.use(
    await startMinilab('serve --no-worker', { ...settings, DATABASE_URL: url.href, LOG_LEVEL: 'warn' }),
  );
  const spy = new Client(url.href);
  await spy.connect();
  stack.defer(() => spy.end());
  const picture = await smallPicture(1);
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  const origin = stack.use(
    await startOrigin((path) => (_request, response) => {
      const answer = () => response.end(Buffer.concat([picture, Buffer.from(path)])); // each is one of its own
      if (isOpen) answer();
      else waiting.push(response.once('open', answer));
    }),
  );
  return {
    ...{ folder, api, spy, origin, waiting },
    open() {
      isOpen = true;
      for (const response of waiting) response.emit('open');
    },
    async startWorker(name, port) {
      const own = new URL(url);
      own.searchParams.set('application_name', name);
      if (port !== undefined) own.port = String(port);
      const worker = stack.use(await startMinilab('worker', { ...settings, DATABASE_URL: own.href }));
      stack.defer(() => void worker.child.kill('SIGCONT')); // or it would not hear that it is to end
      return worker;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function accept({ api, origin }: Place): Promise<Batch> {
  const csv = `Image\n${Array.from({ length: COUNT }, (_, i) => `${origin.url}/${i}.jpg\n`).join('')}`;
  const response = await upload(api.url, csv);
  assert.equal(response.status, 202);
  return json<Batch>(response);
}

/** Whether a statement of the victim waits for a lock that the spy has. */
async function isWaiting({ spy }: Place): Promise<boolean> {
  await spy.query('select pg_stat_clear_snapshot()'); // within a transaction, activity is read once
  const { rows } = await spy.query(
    `select from pg_stat_activity where application_name = 'victim' and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}

/** Every image is there once, whatever became of the frozen worker, which wakes up now. */
async function isWholeAfterAll(place: Place, batch: Batch, victim: Running, batches = 1): Promise<void> {
  const ended = await untilEnded(batch.links.self, GO_ON_WITHIN_MS);
  assert.equal(ended.counts.completed, COUNT);
  const etag = await fetch(batch.links.self).then((response) => response.headers.get('etag'));
  victim.child.kill('SIGCONT');
  await place.spy.query(`update workers set seen_at = 'epoch' where pid = $1`, [victim.child.pid]);
  await until(async () => {
    const { rows } = await place.spy.query(`select from workers where pid = $1 and seen_at > 'epoch'`, [
      victim.child.pid,
    ]);
    return rows.length > 0;
  });
  await sleep(5_000); // longer than between two renewals of its leases
  const response = await fetch(batch.links.self);
  assert.equal(response.headers.get('etag'), etag);
  assert.deepEqual((await json<Batch>(response)).counts, ended.counts);
  const { rows } = await place.spy.query<{ states: string; events: number; tries: number }>(
    `select string_agg(distinct state, ',') as states, max(tries) as tries,
      (select count(*)::integer from webhook_events) as events from images`,
  );
  assert.deepEqual(rows, [{ states: 'completed', tries: 1, events: batches }]);
}

test('a worker frozen while it exchanges places of hosts holds up nobody', async () => {
  await using place = await newPlace();
  place.open();
  const victim = await place.startWorker('victim');
  await place.spy.query('select pg_advisory_lock($1)', [TURN]);
  const batch = await accept(place);
  await until(() => isWaiting(place));
  victim.child.kill('SIGSTOP');
  await place.startWorker('second');
  await place.startWorker('third');
  await place.spy.query('select pg_advisory_unlock($1)', [TURN]);
  // What the victim has claimed is another's when its leases have run out; of another host nothing waits for that.
  const picture = await smallPicture(2);
  await using other = await startOrigin(() => picture);
  const free = await json<Batch>(upload(place.api.url, `Image\n${other.url}/1.jpg\n`));
  await untilEnded(free.links.self, 9_000); // leases last 10 s
  await isWholeAfterAll(place, batch, victim, 2);
});

for (const [moment, lock] of [
  ['that has locked the row of a batch', 'select from batches for update'],
  ['in the middle of recording', `select from images where task_id is not null for update`],
] as const)
  test(`a worker frozen ${moment} holds up the others for no longer than its session may be idle`, async () => {
    await using place = await newPlace();
    const victim = await place.startWorker('victim');
    const batch = await accept(place);
    await until(() => place.waiting.length >= 6);
    await place.spy.query('begin');
    await place.spy.query(lock);
    place.open();
    await until(() => isWaiting(place));
    victim.child.kill('SIGSTOP');
    await place.startWorker('second');
    await place.startWorker('third');
    await place.spy.query('rollback');
    await isWholeAfterAll(place, batch, victim);
  });

test('a worker whose network falls silent gives its connections up, and goes on when there is another way', async () => {
  await using place = await newPlace();
  await using network = await networkTo(place.spy.port);
  const worker = await place.startWorker('victim', network.port);
  const batch = await accept(place);
  await until(() => place.waiting.length >= 6);
  network.cut();
  place.open();
  await until(() => /did not respond within 30 s/.test(worker.said()), 60_000);
  network.mend();
  const ended = await untilEnded(batch.links.self, 30_000);
  assert.equal(ended.counts.completed, COUNT);
  const { rows } = await place.spy.query<{ tries: number }>('select max(tries) as tries from images');
  assert.deepEqual(rows, [{ tries: 1 }]);
});
