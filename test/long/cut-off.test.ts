/** A machine that is cut off from all others in the middle of recording, with the batch locked. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { Client } from 'pg';
import { networkTo } from '../support/blackhole.ts';
import { newFolder } from '../support/folder.ts';
import { newMachine, noMachines } from '../support/machines.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { newPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const COUNT = 60;
const LOCKED_FOR_MS = 25_000; // 15 s by the limit of the session, and what a loaded machine adds

type CutOff = {
  prefix: readonly string[];
  address: string;
  network: { address: string; peers: string } | undefined;
  /** where the other machine finds the database */
  portOf(port: number): Promise<number>;
  cut(): void;
  mend(): void;
};

/** Another machine in a network of its own. */
function inNamespace(stack: AsyncDisposableStack): CutOff {
  const machine = stack.use(newMachine());
  const { address, network: peers } = machine;
  return { ...machine, network: { address, peers }, portOf: async (port) => port };
}

/** A process whose way to the database is a proxy that stops forwarding. */
function behindProxy(stack: AsyncDisposableStack): CutOff {
  let network: Awaited<ReturnType<typeof networkTo>> | undefined;
  return {
    ...{ prefix: [], address: '127.0.0.1', network: undefined },
    async portOf(port) {
      network = stack.use(await networkTo(port));
      return network.port;
    },
    cut: () => network?.cut(),
    mend: () => network?.mend(),
  };
}

/** Whether a statement of the machine waits for a lock that the spy has. */
async function isWaiting(spy: Client): Promise<boolean> {
  await spy.query('select pg_stat_clear_snapshot()'); // within a transaction, activity is read once
  const { rows } = await spy.query(
    `select from pg_stat_activity where application_name = 'victim' and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}

const NO_MACHINES = noMachines();

const WAYS = [
  ['in a network of its own', inNamespace, NO_MACHINES],
  [
    'behind a proxy that falls silent',
    behindProxy,
    NO_MACHINES ? false : 'machines with networks of their own say more',
  ],
] as const;

for (const [way, cutOffBy, skip] of WAYS)
  test(
    `a machine ${way}, cut off while it has a batch locked, holds the others up for 15 s`,
    { skip },
    async () => {
      await using stack = new AsyncDisposableStack();
      const there = cutOffBy(stack);
      const folder = stack.use(await newFolder());
      const postgres = stack.use(await newPostgres(there.network));
      const url = new URL(await postgres.newDatabase());
      const spy = new Client(url.href);
      await spy.connect();
      stack.defer(() => spy.end());
      const settings = {
        DATA_DIR: folder.path,
        DATABASE_URL: url.href,
        ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8,10.0.0.0/8',
        STORAGE_URL: `file://${folder.path}/files`,
      };
      const api = stack.use(await startMinilab('serve --no-worker', settings));
      const picture = await smallPicture(1);
      const waiting: ServerResponse[] = [];
      let isOpen = false;
      const origin = stack.use(
        await startOrigin(
          (path) => (_request, response) => {
            const answer = () => response.end(Buffer.concat([picture, Buffer.from(path)])); // each is one of its own
            if (isOpen) answer();
            else waiting.push(response.once('open', answer));
          },
          there.address,
        ),
      );
      const far = new URL(url);
      far.hostname = there.address;
      far.port = String(await there.portOf(Number(url.port)));
      far.searchParams.set('application_name', 'victim');
      const victim = stack.use(
        await startMinilab(
          'worker',
          { ...settings, DATABASE_URL: far.href, MACHINE_NAME: 'victim' },
          there.prefix,
        ),
      );
      const csv = `Image\n${Array.from({ length: COUNT }, (_, i) => `${origin.url}/${i}.jpg\n`).join('')}`;
      const batch = await json<Batch>(upload(api.url, csv));
      await until(() => waiting.length >= 6);

      await spy.query('begin');
      await spy.query(`select from images where task_id is not null for update`);
      isOpen = true;
      for (const response of waiting) response.emit('open');
      await until(() => isWaiting(spy));
      there.cut();
      stack.use(await startMinilab('worker', { ...settings, MACHINE_NAME: 'second' }));
      await spy.query('rollback');
      const from = performance.now();
      await spy.query('select from batches for update');
      const lockedMs = performance.now() - from;
      assert.ok(lockedMs > 1_000, `the batch was not locked: ${lockedMs} ms`);
      assert.ok(lockedMs < LOCKED_FOR_MS, `the batch was locked for ${lockedMs} ms`);

      const ended = await untilEnded(batch.links.self);
      assert.equal(ended.counts.completed, COUNT);
      there.mend();
      // It comes back, and what it had in hand changes nothing any more.
      await until(async () => {
        const { rows } = await spy.query(
          `select from workers where machine = 'victim' and seen_at > now() - interval '3 seconds'`,
        );
        return rows.length > 0;
      }, 90_000);
      assert.deepEqual((await json<Batch>(fetch(batch.links.self))).counts, ended.counts);
      const { rows } = await spy.query(`
      select string_agg(distinct state, ',') as states, max(tries) as tries,
        (select count(*)::integer from webhook_events) as events from images`);
      assert.deepEqual(rows, [{ states: 'completed', tries: 1, events: 1 }]);
      assert.doesNotMatch(victim.said(), /"level":"(error|fatal)"|"level":(50|60)/);
    },
  );
