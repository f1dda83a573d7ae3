/** One measurement of `bench/queue.ts`: some workers on a database of their own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { EmbeddedServer } from '../src/db/embedded.ts';
import { type Db, openDatabase } from '../src/db/database.ts';
import { postgresSecondsNow } from './cpu.ts';
import { accept, PRESET, settingsOf, sum } from './rig.ts';

/**
 * How the pipeline of a worker goes: each image takes a while in one of some turns, as in decoders. `downloads`: whether
 * it is downloaded, decoded and stored beside that.
 */
export type Pace = { waitMs: number; atOnce: number; downloads?: true };

/** `mainSeconds`: of the CPU seconds, those of the thread that runs JavaScript. */
export type Usage = { cpuSeconds: number; mainSeconds: number; statements: number };

/** `origin`: the host of the images; nobody answers there when left out. */
export type Load = {
  workers: number;
  batches: number;
  pace: Pace;
  images: number;
  seconds: number;
  origin?: string;
};

export type Cost = {
  images_per_second: number;
  /** CPU of PostgreSQL's processes, and of the workers', in ms an image; of the latter, that of their main threads */
  postgres_ms: number;
  worker_ms: number;
  main_ms: number;
  /** an image: messages to the database, transactions, bytes of WAL, rows that became dead */
  statements: number;
  commits: number;
  wal_bytes: number;
  dead_rows: number;
};

const WARM_UP_S = 3;

/** The batches must be too long to end. */
export async function run(server: EmbeddedServer, folder: string, load: Load): Promise<Cost> {
  const settings = settingsOf(folder, await server.freshDatabase('bench'));
  const database = openDatabase(settings.DATABASE_URL, 2);
  const { db } = database;
  try {
    for (let batch = 0; batch < load.batches; batch += 1) {
      const urls = Array.from(
        { length: load.images / load.batches },
        (_, i) => `${load.origin ?? 'http://127.0.0.1:9'}/${i}?batch=${batch}\n`,
      );
      await accept(settings, `Image\n${urls.join('')}`, PRESET);
    }
    await sql`vacuum analyze`.execute(db);
    const written = await writtenNow(db);
    const { rate, cpuOf } = await measured(db, settings, load);
    const all = await ended(db);
    const after = await writtenNow(db);
    return {
      images_per_second: rate,
      ...cpuOf,
      wal_bytes: (after.wal - written.wal) / all,
      commits: (after.commits - written.commits) / all,
      dead_rows: (after.dead - written.dead) / all,
    };
  } finally {
    await db.destroy();
  }
}

async function measured(db: Db, settings: Record<string, string>, { workers, pace, seconds }: Load) {
  const children = await Promise.all(Array.from({ length: workers }, () => startWorker(settings, pace)));
  try {
    await sleep(1000 * WARM_UP_S);
    const before = await snapshot(db, children);
    await sleep(1000 * seconds);
    const after = await snapshot(db, children);
    const images = after.images - before.images;
    return {
      rate: (1000 * images) / (after.at - before.at),
      cpuOf: {
        postgres_ms: (1000 * (after.postgres - before.postgres)) / images,
        worker_ms: (1000 * (after.cpuSeconds - before.cpuSeconds)) / images,
        main_ms: (1000 * (after.mainSeconds - before.mainSeconds)) / images,
        statements: (after.statements - before.statements) / images,
      },
    };
  } finally {
    await Promise.all(children.map(stopWorker));
  }
}

async function startWorker(settings: Record<string, string>, pace: Pace): Promise<ChildProcess> {
  const program = join(import.meta.dirname, 'queue-worker.ts');
  const child = fork(program, [JSON.stringify(pace)], {
    env: { PATH: process.env['PATH'], NODE_OPTIONS: process.env['NODE_OPTIONS'], ...settings },
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('a worker ended')));
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return child;
}

async function stopWorker(child: ChildProcess): Promise<void> {
  child.send('end');
  await once(child, 'close');
}

async function snapshot(db: Db, children: ChildProcess[]) {
  const usages = await Promise.all(
    children.map(async (child) => {
      child.send('usage');
      return ((await once(child, 'message')) as [Usage])[0];
    }),
  );
  return {
    at: performance.now(),
    images: await ended(db),
    postgres: await postgresSecondsNow(db),
    cpuSeconds: sum(usages.map(({ cpuSeconds }) => cpuSeconds)),
    mainSeconds: sum(usages.map(({ mainSeconds }) => mainSeconds)),
    statements: sum(usages.map(({ statements }) => statements)),
  };
}

async function ended(db: Db): Promise<number> {
  const { rows } = await sql<{
    ended: number;
  }>`select sum(completed + failed)::integer as ended from batches`.execute(db);
  return rows[0]?.ended ?? 0;
}

type Written = { wal: number; commits: number; dead: number };

/** Sessions of workers that have ended have told their statistics. */
async function writtenNow(db: Db): Promise<Written> {
  const { rows } = await sql<Written>`
    select (pg_current_wal_insert_lsn() - '0/0')::float8 as wal,
      (select xact_commit::float8 from pg_stat_database where datname = current_database()) as commits,
      (select sum(n_tup_upd + n_tup_del)::float8 from pg_stat_user_tables) as dead`.execute(db);
  return rows[0] ?? { wal: 0, commits: 0, dead: 0 };
}
