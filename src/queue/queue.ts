import { sql } from 'kysely';
import { fromKysely, PgBoss } from 'pg-boss';
import packageOfPgBoss from 'pg-boss/package.json' with { type: 'json' };
import type { Database, Db } from '../db/database.ts';
import { retryLocked } from '../db/locks.ts';
import { schemaOlder } from '../db/migrate.ts';
import { QUEUE_SCHEMA } from './stored-tasks.ts';
import { readTask, TASK_OPTIONS, type TaskData, type TaskName } from './tasks.ts';

/** Changes with the schema of the queue. */
export const QUEUE_VERSION: string = packageOfPgBoss.version;

/** A claimed task. `attempt` is a fencing token: each claim of the task gets a higher one. */
export type Task<N extends TaskName> = { id: string; attempt: number; data: TaskData[N] };

type NewTask<N extends TaskName> = {
  id: string;
  data: TaskData[N];
  priority?: number;
  /** an interval by the database's clock, such as `5 seconds` */
  startAfter?: string;
  /** tasks of one group share a concurrency limit, which tasks of a tier may have lower; see `claim` */
  group?: { id: string; tier?: string };
};

/** Which tasks are claimed. */
export type ClaimLimits = {
  /** how many tasks of one group are handled at once, in all processes; no limit when left out */
  ofOneGroup?: number | { default: number; tiers: Record<string, number> };
  minPriority?: number;
  maxPriority?: number;
};

/** The few calls of pg-boss that Minilab makes. Calls with a `db` run in that transaction. */
export type Queue = {
  insert<N extends TaskName>(name: N, tasks: NewTask<N>[], db: Db): Promise<void>;
  /** Claims due tasks, each under a lease. */
  claim<N extends TaskName>(name: N, count: number, limits?: ClaimLimits): Promise<Task<N>[]>;
  /** Renews leases. @returns the ids of the tasks whose lease this process still has */
  renew<N extends TaskName>(name: N, tasks: Task<N>[]): Promise<Set<string>>;
  /** Removes tasks whose lease this process still has. @returns their ids */
  remove<N extends TaskName>(name: N, tasks: Task<N>[], db?: Db): Promise<Set<string>>;
  /** Removes tasks whoever has leased them; the next renewal finds them gone. */
  revoke(name: TaskName, ids: string[], db: Db): Promise<void>;
  /** Ends leases that have run out, and deletes what is old. One process at a time is enough. */
  supervise(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Starts pg-boss on our pool. It creates or migrates its own schema under a lock.
 * @param onError is called with errors of its background work, such as a database that is away
 */
export async function startQueue(database: Database, onError: (error: Error) => void): Promise<Queue> {
  const boss = new PgBoss({
    ...poolFor(database),
    supervise: false, // see supervise() below
    monitorIntervalSeconds: 1, // each supervise() does all of it
    maintenanceIntervalSeconds: 60,
    queueCacheIntervalSeconds: 2,
  });
  boss.on('error', onError);
  await startBoss(boss);

  return {
    async insert(name, tasks, trx) {
      if (tasks.length > 0) await boss.insert(name, tasks, { db: fromKysely(trx) });
    },
    async claim<N extends TaskName>(name: N, count: number, limits: ClaimLimits = {}) {
      const { ofOneGroup, ...priorities } = limits;
      const group = ofOneGroup === undefined ? {} : { groupConcurrency: ofOneGroup };
      const jobs = await boss.fetch<TaskData[N]>(name, { batchSize: count, ...group, ...priorities });
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
    supervise: () => boss.supervise(),
    stop: () => boss.stop({ graceful: true, timeout: 20_000 }),
  };
}

/**
 * Creates or migrates the schema of the queue, as `startQueue` does, and nothing else.
 * @returns its versions before (undefined: there was none) and after
 */
export async function migrateQueue(database: Database): Promise<{ from: number | undefined; to: number }> {
  const { db } = database;
  const from = await schemaVersion(db);
  const boss = new PgBoss({ ...poolFor(database), supervise: false });
  boss.on('error', () => {}); // the same error is thrown
  try {
    await startBoss(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
  const to = await schemaVersion(db);
  if (to === undefined) throw new Error('the queue has no schema');
  return { from, to };
}

/** For processes that may not migrate. @throws Problem `schema_older` */
export async function requireQueue(db: Db): Promise<void> {
  const version = await schemaVersion(db);
  if (version === undefined || version < packageOfPgBoss.pgboss.schema)
    throw schemaOlder(`version ${packageOfPgBoss.pgboss.schema} of the queue's schema`);
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

/** Existing queues get the options of this version: pg-boss would keep those that they were created with. */
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

/** pg-boss returns the ids of the affected tasks in a field that its types do not have (12.38). */
function idsOf(response: object): Set<string> {
  return new Set((response as { settled?: string[] | null }).settled);
}
