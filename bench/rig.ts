/** Shared by the benchmarks of a worker: an image host, uploads, counters. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
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

/** Settings of a worker on all cores (tests have one) that may fetch from the origin, with the highest concurrency limit. */
export function settingsOf(folder: string, databaseUrl: string): Settings {
  return {
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    HOST_CONCURRENCY: '1024',
    WORKER_CORES: String(availableParallelism()),
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
