/** Shared by the benchmarks of a worker: an image host, uploads, counters, CPU times. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { BatchKey } from '../src/batches/batch.ts';
import { readConfig } from '../src/config.ts';
import type { Db } from '../src/db/database.ts';
import { openServices } from '../src/services.ts';
import { type Acceptance, acceptUpload } from '../src/intake/accept.ts';
import { stageUpload } from '../src/intake/staged-upload.ts';
import type { Plan } from '../src/pipeline/decoder-protocol.ts';
import { outputPath } from '../src/pipeline/plan.ts';
import { readHeader } from '../src/pipeline/decoder/formats/read-header.ts';
import { type Preset, type RenditionSpec, withDefaults } from '../src/presets/spec.ts';
import { QUALITY, SIDE } from './rendition.ts';

/** Makes one JPEG, as the ceiling does. */
export const PRESET: Preset = {
  name: 'bench',
  description: '',
  renditions: [withDefaults({ name: 'main', width: SIDE, height: SIDE, quality: QUALITY })],
};

export type Origin = { child: ChildProcess; url: string };

export async function startOrigin(files: string[], address = '127.0.0.1'): Promise<Origin> {
  const env = { ...process.env, ORIGIN_ADDRESS: address };
  const child = fork(join(import.meta.dirname, 'origin.ts'), files, { env });
  const [port] = (await once(child, 'message')) as [number];
  return { child, url: `http://${address}:${port}` };
}

export type Settings = { DATA_DIR: string; DATABASE_URL: string; [name: string]: string };

/** Settings of a worker that may fetch from the origin, with the highest concurrency limit. */
export function settingsOf(folder: string, databaseUrl: string): Settings {
  return {
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    HOST_CONCURRENCY: '1024',
    ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
  };
}

/** Accepts an upload in this process, so that no server runs during the measurement. */
export async function accept(
  settings: Settings,
  csv: string,
  preset: Preset,
  options: Pick<Acceptance, 'freshForS'> = {},
): Promise<BatchKey> {
  const services = await openServices(readConfig(settings), settings.DATABASE_URL, pino({ level: 'silent' }));
  try {
    const intake = { tenantId: 1, folder: settings.DATA_DIR, maxBytes: 1e9, allowPaths: false, presets: [] };
    await using staged = await stageUpload(Readable.from([Buffer.from(csv)]), intake);
    const acceptance = { tenantId: 1, name: 'bench', preset, ...options };
    const row = await acceptUpload(services.database, staged, acceptance, services.feed);
    return { tenantId: row.tenant_id, batchId: row.batch_id };
  } finally {
    await services.close();
  }
}

export async function counts(db: Db, batchId: string): Promise<{ completed: number; failed: number }> {
  const { rows } = await sql<{ completed: number; failed: number }>`
    select completed, failed from batches where batch_id = ${batchId}`.execute(db);
  return rows[0] ?? { completed: 0, failed: 0 };
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Plans the renditions of a file. @param prefix of the outputs' paths */
export async function planOf(
  path: string,
  renditions: RenditionSpec[],
  prefix: string = path,
): Promise<Plan> {
  const { size: bytes } = await stat(path);
  const facts = await readHeader({ path, bytes });
  const outputs = renditions.map((spec) => ({ ...spec, output: outputPath(prefix, spec) }));
  return { ...facts, input: path, bytes, renditions: outputs };
}

const TICKS_A_SECOND = 100; // sysconf(_SC_CLK_TCK) on Linux

type Cpu = { parent: number; decoders: number; postgres: number; idle: number };

/**
 * CPU seconds used so far by a worker, by its decoders (also those that have ended), by PostgreSQL, and idle.
 * Read from proc(5), stat: ppid, utime and stime, and for ended children cutime and cstime.
 */
export async function cpuSecondsNow(pid: number): Promise<Cpu> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')));
  const all = stats.map((stat) =>
    stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number),
  );
  const seconds = (fields: number[]): number => ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS_A_SECOND;
  const cpus =
    /^cpu +(.*)$/m
      .exec(await readFile('/proc/stat', 'utf8'))?.[1]
      ?.split(' ')
      .map(Number) ?? [];
  const own = all[pids.indexOf(String(pid))] ?? [];
  const ended = ((own[13] ?? 0) + (own[14] ?? 0)) / TICKS_A_SECOND;
  return {
    parent: seconds(own),
    decoders: sum(all.filter((fields) => fields[1] === pid).map(seconds)) + ended,
    postgres: sum(all.filter((_, i) => stats[i]?.includes('(postgres)')).map(seconds)),
    idle: ((cpus[3] ?? 0) + (cpus[4] ?? 0)) / TICKS_A_SECOND,
  };
}
