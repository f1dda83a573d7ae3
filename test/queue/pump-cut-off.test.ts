/** A worker whose connections to the database hang: nothing breaks, and nothing is answered. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { startPump } from '../../src/queue/pump.ts';
import { startQueue } from '../../src/queue/queue.ts';
import { newServices } from '../support/batches.ts';
import { networkTo } from '../support/blackhole.ts';
import { migratedDatabase } from '../support/database.ts';
import { capturedLog } from '../support/logs.ts';
import { until } from '../support/until.ts';

const DEADLINE_MS = 300; // 30 s in a worker
const TASKS = 3;

async function connectionsOf(db: ReturnType<typeof openDatabase>['db']): Promise<number[]> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database() and application_name = 'minilab'`.execute(
    db,
  );
  return rows.map(({ pid }) => pid);
}

test('a pump gives up connections that hang, and records what it has over new ones; no task is tried again', async () => {
  const url = await migratedDatabase();
  await using services = await newServices({}, url);
  const { db } = services.database;
  const near = new Set(await connectionsOf(db));
  const far = new URL(url);
  await using network = await networkTo(Number(far.port));
  far.port = String(network.port);
  far.search = '';
  const database = openDatabase(far.href, 10, DEADLINE_MS);
  const queue = await startQueue(database, () => {});
  const data = { tenant_id: 1, batch_id: randomUUID(), task_id: '' };
  const tasks = Array.from({ length: TASKS }, () => ({ id: randomUUID(), data }));
  await services.queue.insert('process_image', tasks, db);

  const { log, lines } = capturedLog();
  const finish = Promise.withResolvers<void>();
  const recordedBy: number[] = [];
  let inHand = 0;
  const pump = startPump<'process_image', string, void>({
    queue,
    name: 'process_image',
    capacity: TASKS,
    claim: async (claimed) => new Map(claimed.map(({ id }) => [id, id])),
    async handle() {
      inHand += 1;
      await finish.promise;
    },
    async record(finished) {
      const pid = await database.hurried.transaction().execute(async (trx) => {
        const ended = finished.map(({ task }) => task);
        assert.equal((await queue.remove('process_image', ended, trx)).size, ended.length);
        return (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)).rows[0]?.pid ?? 0;
      });
      recordedBy.push(...finished.map(() => pid));
    },
    log,
  });
  await until(() => inHand === TASKS);
  const hanging = (await connectionsOf(db)).filter((pid) => !near.has(pid));
  assert.ok(hanging.length > 0);
  network.cut();
  finish.resolve();
  const failures = () => lines().filter(({ msg }) => msg === 'recording results failed, retrying');
  await until(() => failures().length > 0);
  assert.match(failures()[0]?.err?.message ?? '', /did not respond within 0.3 s/);
  network.mend();
  await until(() => recordedBy.length === TASKS);
  assert.ok(
    recordedBy.every((pid) => !hanging.includes(pid)),
    'none of the connections that hung was used again',
  );
  const { rows } = await sql`select retry_count from pgboss.job where name = 'process_image'`.execute(db);
  assert.deepEqual(rows, []);
  await pump.stop(0);
  await queue.stop();
  await database.db.destroy();
});
