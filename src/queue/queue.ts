import { fromKysely, PgBoss } from 'pg-boss';
import type { Database, Db } from '../db/database.ts';
import { TASK_OPTIONS, type TaskData, type TaskName } from './tasks.ts';

/** A claimed task. `attempt` fences it: who claims it again gets a higher one. */
export type Task<N extends TaskName> = { id: string; attempt: number; data: TaskData[N] };

type NewTask<N extends TaskName> = {
  id: string;
  data: TaskData[N];
  priority?: number;
  startAfter?: Date;
  /** tasks of one group share a limit, see work() */
  group?: { id: string };
};

/** How many tasks at a time in this process, and how many of one group in all processes. */
type WorkLimits = { atATime: number; ofOneGroup: number };

/** pg-boss, by the few calls that Minilab makes. Calls with a `db` run in that transaction. */
export type Queue = {
  insert<N extends TaskName>(name: N, tasks: NewTask<N>[], db: Db): Promise<void>;
  fetch<N extends TaskName>(name: N, count: number): Promise<Task<N>[]>;
  /** Renews the leases; answers the ids of the tasks that are still ours. */
  touch<N extends TaskName>(name: N, tasks: Task<N>[]): Promise<Set<string>>;
  /** Ends tasks that are still ours; answers their ids. */
  remove<N extends TaskName>(name: N, tasks: Task<N>[], db?: Db): Promise<Set<string>>;
  /** Ends tasks whoever has them now: their next touch misses. */
  revoke(name: TaskName, ids: string[], db: Db): Promise<void>;
  /** Runs a handler for each task of a name; a handler that throws is called again later. */
  work<N extends TaskName>(
    name: N,
    handler: (data: TaskData[N]) => Promise<void>,
    limits?: WorkLimits,
  ): Promise<void>;
  /** Lets the handler of a name look for a task now, when one was just inserted. */
  wake(name: TaskName): void;
  /** Stops claiming, and waits for the handlers of `work`. */
  stop(): Promise<void>;
};

/** Where pg-boss keeps its tables; queries that look for a task's row name it. */
export const QUEUE_SCHEMA = 'pgboss';

/**
 * Starts pg-boss on our pool; it makes or migrates its own schema under a lock.
 * @param onError pg-boss reports trouble of its background work here, such as a database that is away
 */
export async function startQueue(database: Database, onError: (error: Error) => void): Promise<Queue> {
  const boss = new PgBoss({
    db: { executeSql: database.query },
    schema: QUEUE_SCHEMA,
    schedule: false,
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
    maintenanceIntervalSeconds: 60,
    queueCacheIntervalSeconds: 2,
  });
  boss.on('error', onError);
  await boss.start();
  for (const [name, options] of Object.entries(TASK_OPTIONS)) await boss.createQueue(name, options);

  const workers = new Map<TaskName, string>();
  return {
    async insert(name, tasks, trx) {
      if (tasks.length > 0) await boss.insert(name, tasks, { db: fromKysely(trx) });
    },
    async fetch<N extends TaskName>(name: N, count: number) {
      const jobs = await boss.fetch<TaskData[N]>(name, { batchSize: count });
      return jobs.map((job) => ({ id: job.id, attempt: job.retryCount, data: job.data }));
    },
    async touch(name, tasks) {
      return settledIds(await boss.touch(name, tasks.map(attemptOf)));
    },
    async remove(name, tasks, trx = database.hurried) {
      return settledIds(await boss.deleteJob(name, tasks.map(attemptOf), { db: fromKysely(trx) }));
    },
    async revoke(name, ids, trx) {
      if (ids.length > 0) await boss.deleteJob(name, ids, { db: fromKysely(trx) });
    },
    async work(name, handler, limits) {
      const concurrency = limits && { localConcurrency: limits.atATime, groupConcurrency: limits.ofOneGroup };
      const options = { pollingIntervalSeconds: 2, ...concurrency };
      const worker = await boss.work<TaskData[typeof name]>(name, options, async ([job]) => {
        if (job) await handler(job.data);
      });
      workers.set(name, worker);
    },
    wake(name) {
      const worker = workers.get(name);
      if (worker !== undefined) boss.notifyWorker(worker);
    },
    stop: () => boss.stop({ graceful: true, timeout: 20_000 }),
  };
}

function attemptOf(task: Task<TaskName>) {
  return { id: task.id, retryCount: task.attempt };
}

/** pg-boss answers the ids that a statement touched, which its types do not say (12.38). */
function settledIds(response: object): Set<string> {
  return new Set((response as { settled?: string[] | null }).settled);
}
