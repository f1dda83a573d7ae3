import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { startMinilab } from '../test/support/minilab.ts';
import { makePhotographs } from './photographs.ts';
import { cpuSecondsNow } from './cpu.ts';
import {
  accept,
  counts,
  median,
  type Origin,
  type Settings,
  settingsOf,
  startOrigin,
  sum,
  PRESET,
} from './rig.ts';

export type EndToEnd = {
  images_per_second: number;
  ceiling_images_per_second: number;
  ratio_to_ceiling: number;
  ratio_min: number;
  ratio_max: number;
  success_rate: number;
  peak_parent_rss_mb: number;
  origin_cpu_share: number;
  pairs: number;
  seconds_each: number;
};

const run = promisify(execFile);
const WARM_UP_S = 3;

/**
 * Compares Minilab end to end (loopback origin, PostgreSQL, disk storage with fsync) with sharp alone on
 * local files, in alternating pairs. Results are the medians of both rates and of their ratio.
 */
export async function endToEnd({ pairs, seconds }: { pairs: number; seconds: number }): Promise<EndToEnd> {
  await using folder = await newFolder();
  const photographs = await makePhotographs(join(folder.path, 'photographs'));
  const origin = await startOrigin(photographs);
  const server = await holdEmbeddedServer(folder.path, 'bench');
  const settings = settingsOf(folder.path, await server.database('bench'));
  const database = openDatabase(settings.DATABASE_URL, 2);
  const rounds: Round[] = [];
  try {
    for (let pair = 1; pair <= pairs; pair += 1) {
      const ceiling = await measureCeiling(seconds, folder.path, photographs);
      const ours = await measureOurs(database.db, settings, { origin, seconds, pair });
      rounds.push({ ...ours, ceiling });
      process.stderr.write(
        `pair ${pair}: ${ours.ours.toFixed(1)} of ${ceiling.toFixed(1)} images/s, ratio ${(ours.ours / ceiling).toFixed(3)}; ` +
          `cores: ${Object.entries({ ...ours.cores, origin: ours.originCpu })
            .map(([name, cores]) => `${name} ${cores.toFixed(2)}`)
            .join(', ')}; ` +
          `parent at most ${ours.rssMb.toFixed(0)} MB\n`,
      );
    }
  } finally {
    await database.db.destroy();
    await server.close();
    origin.child.disconnect();
  }
  const ratios = rounds.map(({ ours, ceiling }) => ours / ceiling);
  const failed = sum(rounds.map((round) => round.failed));
  const ended = sum(rounds.map((round) => round.ended));
  return {
    images_per_second: median(rounds.map(({ ours }) => ours)),
    ceiling_images_per_second: median(rounds.map(({ ceiling }) => ceiling)),
    ratio_to_ceiling: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    success_rate: ended === 0 ? 0 : (ended - failed) / ended,
    peak_parent_rss_mb: Math.max(...rounds.map(({ rssMb }) => rssMb)),
    origin_cpu_share: median(rounds.map(({ originCpu }) => originCpu)),
    pairs,
    seconds_each: seconds,
  };
}

type Round = Awaited<ReturnType<typeof measureOurs>> & { ceiling: number };

async function measureCeiling(seconds: number, folder: string, photographs: string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [
    join(import.meta.dirname, 'ceiling.ts'),
    String(seconds),
    folder,
    ...photographs,
  ]);
  return (JSON.parse(stdout) as { imagesPerSecond: number }).imagesPerSecond;
}

/** Measures a worker, once it is warm, on a batch that is too long to end. Every URL is different. */
async function measureOurs(
  db: Db,
  settings: Settings,
  { origin, seconds, pair }: { origin: Origin; seconds: number; pair: number },
) {
  const urls = Array.from({ length: seconds * 400 }, (_, i) => `${origin.url}/${i}?pair=${pair}\n`);
  const batch = await accept(settings, `Image\n${urls.join('')}`, PRESET);
  await using worker = await startMinilab('worker', settings);
  await sleep(1000 * WARM_UP_S);
  const pid = worker.child.pid ?? 0;
  const usedBefore = await cpuSecondsNow(pid);
  const before = await counts(db, batch.batchId);
  const cpuBefore = await cpuSeconds(origin);
  const startedAt = performance.now();
  await sleep(1000 * seconds);
  const after = await counts(db, batch.batchId);
  const cpuAfter = await cpuSeconds(origin);
  const tookS = (performance.now() - startedAt) / 1000;
  const used = await cpuSecondsNow(pid);
  const rssMb = await peakRssMb(pid);
  await sql`delete from images where batch_id = ${batch.batchId}`.execute(db);
  await sql`delete from batches where batch_id = ${batch.batchId}`.execute(db);
  const ended = after.completed + after.failed - before.completed - before.failed;
  return {
    ours: (after.completed - before.completed) / tookS,
    failed: after.failed - before.failed,
    ended,
    rssMb,
    originCpu: (cpuAfter - cpuBefore) / tookS,
    cores: {
      decoders: (used.decoders - usedBefore.decoders) / tookS,
      parent: (used.parent - usedBefore.parent) / tookS,
      postgres: (used.postgres - usedBefore.postgres) / tookS,
      idle: (used.idle - usedBefore.idle) / tookS,
    },
  };
}

/** The peak resident memory of a process, without its decoders (proc(5), VmHWM). */
async function peakRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function cpuSeconds({ child }: Origin): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return (user + system) / 1e6;
}
