/** Batches of ten images on an idle server with its worker and the bundled database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newSecret } from '../src/webhooks/signing.ts';
import { json, type Batch, startMinilab, upload } from '../test/support/minilab.ts';
import { cpuSecondsNow, postgresSecondsNow } from './cpu.ts';
import { median } from './rig.ts';
import { type SmallOrigin, startSmallOrigin } from './small-origin.ts';

/** Milliseconds since the POST began, in the order of a batch's life. */
type Steps = {
  accepted: number;
  claimed: number;
  first_download: number;
  last_download: number;
  first_result: number;
  /** its last image is recorded, it has ended, and its event is written */
  settled: number;
  webhook: number;
};

export type BatchRounds = {
  rounds: number;
  /** from the POST to the webhook */
  median_ms: number;
  p95_ms: number;
  max_ms: number;
  /** CPU time of the decoders, divided by the cores */
  work_ms: number;
  /** the slowest but one in twenty, without the work */
  p95_without_work_ms: number;
  steps_median_ms: Steps;
  steps_p95_ms: Steps;
};

export type Idle = {
  transactions_per_minute: number;
  cpu_ms_per_second: { server: number; postgres: number };
};

export type Served<N extends string> = { idle: Idle } & Record<N, BatchRounds>;

type Plan<N extends string> = { rounds: number; cores: number; files: Record<N, string[]> };

const ROWS = 10;
const WARM_UP_ROUNDS = 2;
const IDLE_S = 20;

export async function measureBatches<N extends string>(
  dataDir: string,
  { rounds, cores, files }: Plan<N>,
): Promise<Served<N>> {
  await using origin = await startSmallOrigin();
  await using minilab = await startMinilab('serve', {
    DATA_DIR: dataDir,
    WORKER_CORES: String(cores),
    WEBHOOK_URL: `${origin.url}/webhook`,
    WEBHOOK_SECRET: newSecret(),
  });
  const server = await holdEmbeddedServer(dataDir, 'bench');
  const { db } = openDatabase(await server.database('minilab'), 1);
  const place: Place = { url: minilab.url, pid: minilab.child.pid ?? 0, db, origin, cores };
  try {
    const measured: Partial<Record<N, BatchRounds>> = {};
    for (const name of Object.keys(files) as N[]) {
      origin.serve(files[name]);
      measured[name] = await measureRounds(place, { name, rounds });
    }
    return { ...(measured as Record<N, BatchRounds>), idle: await idle(place) };
  } finally {
    await db.destroy();
    await server.close();
  }
}

type Place = { url: string; pid: number; db: Db; origin: SmallOrigin; cores: number };

async function measureRounds(
  place: Place,
  { name, rounds }: { name: string; rounds: number },
): Promise<BatchRounds> {
  for (let i = 0; i < WARM_UP_ROUNDS; i += 1) await round(place, `${name}=warm${i}`);
  const before = await cpuSecondsNow(place.pid);
  const steps: Steps[] = [];
  for (let i = 0; i < rounds; i += 1) {
    await sleep(500 + 1000 * Math.random()); // so that it meets each poll at any of its moments
    steps.push(await round(place, `${name}=${i}`));
  }
  const after = await cpuSecondsNow(place.pid);
  const workMs = (1000 * (after.decoders - before.decoders)) / place.cores / rounds;
  const webhook = steps.map((step) => step.webhook);
  const p95 = quantile(webhook, 0.95);
  process.stderr.write(
    `${name}: median ${median(webhook).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, work ${workMs.toFixed(0)} ms\n`,
  );
  return {
    rounds,
    median_ms: median(webhook),
    p95_ms: p95,
    max_ms: Math.max(...webhook),
    work_ms: workMs,
    p95_without_work_ms: p95 - workMs,
    steps_median_ms: ofSteps(steps, median),
    steps_p95_ms: ofSteps(steps, (times) => quantile(times, 0.95)),
  };
}

async function round({ url, db, origin }: Place, marker: string): Promise<Steps> {
  origin.asked.length = 0;
  const rows = Array.from({ length: ROWS }, (_, i) => `${i + 1},P,${origin.url}/${i}?${marker}\n`);
  const startedAt = Date.now();
  const batch = await json<Batch>(upload(url, `S. No.,Product Name,Input Image Urls\n${rows.join('')}`));
  const acceptedAt = Date.now();
  const toldAt = await origin.untilTold(batch.id);
  const { rows: found } = await sql<{ claimed: number; settled: number; first: number; failed: number }>`
    select ${msOf('b.started_at')} as claimed, ${msOf('b.ended_at')} as settled, b.failed,
      (select ${msOf('min(i.ended_at)')} from images i where i.batch_id = b.batch_id) as first
    from batches b order by created_at desc limit 1`.execute(db);
  const { claimed = Number.NaN, settled = Number.NaN, first = Number.NaN, failed = 0 } = found[0] ?? {};
  if (failed > 0) throw new Error(`${failed} images of a small batch failed`);
  const times = {
    accepted: acceptedAt,
    claimed,
    first_download: Math.min(...origin.asked),
    last_download: Math.max(...origin.asked),
    first_result: first,
    settled,
    webhook: toldAt,
  };
  return mapped(times, (at) => at - startedAt);
}

function msOf(time: string) {
  return sql.raw(`(extract(epoch from ${time}) * 1000)::float8`);
}

/** Transactions rather than statements: PostgreSQL counts them, and polls have one each. */
async function idle(place: Place): Promise<Idle> {
  await sleep(12_000); // what follows a batch, such as chores, is done
  const before = await usageNow(place);
  await sleep(1000 * IDLE_S);
  const after = await usageNow(place);
  const perSecond = (name: keyof typeof after): number => (after[name] - before[name]) / IDLE_S;
  return {
    transactions_per_minute: 60 * perSecond('transactions'),
    cpu_ms_per_second: { server: 1000 * perSecond('server'), postgres: 1000 * perSecond('postgres') },
  };
}

async function usageNow({ pid, db }: Place) {
  const postgres = await postgresSecondsNow(db);
  return { transactions: await transactions(db), server: (await cpuSecondsNow(pid)).parent, postgres };
}

/** Sessions tell theirs at the end of a transaction, once a second at most. */
async function transactions(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}

function ofSteps(steps: Steps[], summary: (times: number[]) => number): Steps {
  const [first] = steps;
  if (!first) throw new Error('there are no rounds');
  return mapped(first, (_, name) => summary(steps.map((step) => step[name])));
}

function mapped(steps: Steps, change: (time: number, name: keyof Steps) => number): Steps {
  const names = Object.keys(steps) as (keyof Steps)[];
  return Object.fromEntries(names.map((name) => [name, change(steps[name], name)])) as Steps;
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
