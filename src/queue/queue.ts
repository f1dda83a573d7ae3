import { sql } from 'kysely';
import { fromKysely, PgBoss } from 'pg-boss';
import type { Database, Db } from '../db/database.ts';
import { retryLocked } from '../db/locks.ts';
import { QUEUE_SCHEMA } from './stored-tasks.ts';
import { readTask, TASK_OPTIONS, type TaskData, type TaskName } from './tasks.ts';

/** A claimed task. `attempt` fences it: who claims it again gets a higher one. */
export type Task<N extends TaskName> = { id: string; attempt: number; data: TaskData[N] };

type NewTask<N extends TaskName> = {
  id: string;
  data: TaskData[N];
  priority?: number;
  /** an interval by the database's clock, such as `5 seconds` */
  startAfter?: string;
  /** tasks of one group share a limit, see claim() */
  group?: { id: string };
};

/** pg-boss, by the few calls that Minilab makes. Calls with a `db` run in that transaction. */
export type Queue = {
  insert<N extends TaskName>(name: N, tasks: NewTask<N>[], db: Db): Promise<void>;
  /** @param ofOneGroup so many of a group are in work at a time, in all processes; left out: as many as there are */
  claim<N extends TaskName>(name: N, count: number, ofOneGroup?: number): Promise<Task<N>[]>;
  /** Renews the leases; answers the ids of the tasks that are still ours. */
  renew<N extends TaskName>(name: N, tasks: Task<N>[]): Promise<Set<string>>;
  /** Ends tasks that are still ours; answers their ids. */
  remove<N extends TaskName>(name: N, tasks: Task<N>[], db?: Db): Promise<Set<string>>;
  /** Ends tasks whoever has them now: the next renewal misses them. */
  revoke(name: TaskName, ids: string[], db: Db): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Starts pg-boss on our pool; it makes or migrates its own schema under a lock.
 * @param onError pg-boss reports trouble of its background work here, such as a database that is away
 */
export async function startQueue(database: Database, onError: (error: Error) => void): Promise<Queue> {
  const boss = new PgBoss({
    ...poolFor(database),
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
    maintenanceIntervalSeconds: 60,
    queueCacheIntervalSeconds: 2,
  });
  boss.on('error', onError);
  await startBoss(boss);

  return {
    async insert(name, tasks, trx) {
      if (tasks.length > 0) await boss.insert(name, tasks, { db: fromKysely(trx) });
    },
    async claim<N extends TaskName>(name: N, count: number, ofOneGroup?: number) {
      const limit = ofOneGroup === undefined ? {} : { groupConcurrency: ofOneGroup };
      const jobs = await boss.fetch<TaskData[N]>(name, { batchSize: count, ...limit });
      return jobs.map((job) => ({ id: job.id, attempt: job.retryCount, data: readTask<N>(job.data) }));
    },
    async renew(name, tasks) {
      return idsOf(await boss.touch(name, tasks.map(attemptOf)));
    },
    async remove(name, tasks, trx = database.hurried) {
      return idsOf(await boss.deleteJob(name, tasks.map(attemptOf), { db: fromKysely(trx) }));
    },
    async revoke(name, ids, trx) {
      if (ids.length > 0) await boss.deleteJob(name, ids, { db: fromKysely(trx) });
    },
    stop: () => boss.stop({ graceful: true, timeout: 20_000 }),
  };
}

/**
 * Makes or migrates the queue's own schema only, as a start does.
 * @returns its versions before, if there was one, and after
 */
export async function migrateQueue(database: Database): Promise<{ from: number | undefined; to: number }> {
  const { db } = database;
  const from = await schemaVersion(db);
  const boss = new PgBoss({ ...poolFor(database), supervise: false });
  boss.on('error', () => {}); // what fails is thrown too
  try {
    await startBoss(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
  const to = await schemaVersion(db);
  if (to === undefined) throw new Error('the queue has no schema');
  return { from, to };
}

async function schemaVersion(db: Db): Promise<number | undefined> {
  const { rows: tables } = await sql<{ there: boolean }>`
    select to_regclass(${`${QUEUE_SCHEMA}.version`}) is not null as there`.execute(db);
  if (!tables[0]?.there) return undefined;
  const { rows } = await sql<{ version: number }>`
    select version from ${sql.table(`${QUEUE_SCHEMA}.version`)}`.execute(db);
  return rows[0]?.version;
}

function poolFor({ query: executeSql }: Database) {
  return { db: { executeSql }, schema: QUEUE_SCHEMA, schedule: false };
}

/** Queues that are there take the options of this version: pg-boss keeps those with which they were made. */
async function startBoss(boss: PgBoss): Promise<void> {
  await retryLocked(() => boss.start());
  for (const [name, options] of Object.entries(TASK_OPTIONS)) {
    await retryLocked(() => boss.createQueue(name, options));
    await retryLocked(() => boss.updateQueue(name, options));
  }
}

function attemptOf(task: Task<TaskName>) {
  return { id: task.id, retryCount: task.attempt };
}

/** pg-boss answers the ids that a statement touched, which its types do not say (12.38). */
function idsOf(response: object): Set<string> {
  return new Set((response as { settled?: string[] | null }).settled);
}
