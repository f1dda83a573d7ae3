/** What the benchmarks of a worker share: an image host, an upload, a look at the counters. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { BatchKey } from '../src/batches/batch.ts';
import { readConfig } from '../src/config.ts';
import type { Db } from '../src/db/database.ts';
import { layFoundation } from '../src/foundation.ts';
import { acceptDraft } from '../src/intake/accept.ts';
import { draftUpload } from '../src/intake/draft.ts';
import { outputPath, type Plan } from '../src/pipeline/plan.ts';
import { probe } from '../src/pipeline/probe.ts';
import type { Preset, RenditionSpec } from '../src/presets/spec.ts';

export type Origin = { child: ChildProcess; url: string };

export async function startOrigin(files: string[]): Promise<Origin> {
  const child = fork(join(import.meta.dirname, 'origin.ts'), files);
  const [port] = (await once(child, 'message')) as [number];
  return { child, url: `http://127.0.0.1:${port}` };
}

export type Settings = { DATA_DIR: string; DATABASE_URL: string; [name: string]: string };

/** Of a worker that may fetch from the origin, as much as it can. */
export function settingsOf(folder: string, databaseUrl: string): Settings {
  return {
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    HOST_CONCURRENCY: '1024',
    ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
  };
}

/** What an upload does, by a process that does not run beside what is measured. */
export async function accept(settings: Settings, csv: string, preset: Preset): Promise<BatchKey> {
  const foundation = await layFoundation(
    readConfig(settings),
    settings.DATABASE_URL,
    pino({ level: 'silent' }),
  );
  try {
    const intake = { tenantId: 1, folder: settings.DATA_DIR, maxBytes: 1e9, allowPaths: false, presets: [] };
    await using draft = await draftUpload(Readable.from([Buffer.from(csv)]), intake);
    const acceptance = { tenantId: 1, name: 'bench', preset };
    return await acceptDraft(foundation.database, draft, acceptance, foundation.feed);
  } finally {
    await foundation.close();
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

/** What a decoder is asked to make of a file. @param prefix of the outputs' paths */
export async function planOf(
  path: string,
  renditions: RenditionSpec[],
  prefix: string = path,
): Promise<Plan> {
  const { size: bytes } = await stat(path);
  const facts = await probe({ path, bytes, head: Buffer.alloc(0) });
  const outputs = renditions.map((spec) => ({ ...spec, output: outputPath(prefix, spec) }));
  return { ...facts, input: path, bytes, renditions: outputs };
}
