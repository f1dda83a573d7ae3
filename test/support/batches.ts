import { Readable } from 'node:stream';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { type Foundation, layFoundation } from '../../src/foundation.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { claimImages } from '../../src/batches/claim.ts';
import { recordResults } from '../../src/batches/record.ts';
import { type Acceptance, acceptDraft } from '../../src/intake/accept.ts';
import { draftUpload } from '../../src/intake/draft.ts';
import type { Seen } from '../../src/hosts/visits.ts';
import type { ImageEnd, ImageWork } from '../../src/images/image.tasks.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import type { Task } from '../../src/queue/queue.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import type { Preset } from '../../src/presets/spec.ts';
import { newDatabase } from './database.ts';
import { newFolder } from './folder.ts';

export const silent = pino({ level: 'silent' });

/** Database, queue and storage without server or worker; tests do by hand what these would do. */
export async function newFoundation(
  settings: Record<string, string> = {},
): Promise<Foundation & AsyncDisposable> {
  const folder = await newFolder();
  const config = readConfig({ DATA_DIR: folder.path, ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8', ...settings });
  const foundation = await layFoundation(config, await newDatabase(), silent);
  return {
    ...foundation,
    async [Symbol.asyncDispose]() {
      await foundation.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Accepts a batch with one product an URL. */
export async function acceptUrls(
  foundation: Foundation,
  urls: string[],
  wishes: Partial<Acceptance> = {},
): Promise<BatchKey> {
  const rows = urls.map((url, i) => `${i + 1},P,${url}\n`).join('');
  return await acceptCsv(foundation, `S. No.,Product Name,Input Image Urls\n${rows}`, wishes);
}

/** Accepts a batch; rows with errors are left out of it. */
export async function acceptCsv(
  { config, database, feed }: Foundation,
  csv: string,
  wishes: Partial<Acceptance> = {},
): Promise<BatchKey> {
  const acceptance = { tenantId: 1, name: 'test', preset: webPreset(), ...wishes };
  await using draft = await draftUpload(Readable.from([Buffer.from(csv)]), {
    tenantId: acceptance.tenantId,
    folder: config.dataDir,
    maxBytes: 1e9,
    allowPaths: false,
    presets: BUILTIN_PRESETS,
    onInvalid: 'skip',
  });
  return await acceptDraft(database, draft, acceptance, feed);
}

function webPreset(): Preset {
  const preset = BUILTIN_PRESETS.find(({ name }) => name === 'web');
  if (!preset) throw new Error('there is no preset web');
  return preset;
}

type ImageTask = Task<'process_image'>;

export type Claimed = { task: ImageTask; work: ImageWork };

/** Claims tasks as a worker does. */
export async function claim(foundation: Foundation, count: number): Promise<Claimed[]> {
  const tasks = await foundation.queue.fetch('process_image', count);
  const works = await claimImages(foundation.database.db, tasks);
  return tasks.flatMap((task) => {
    const work = works.get(task.id);
    return work ? [{ task, work }] : [];
  });
}

export function failed(work: ImageWork): ImageEnd {
  return { work, is: 'failed', problem: new ImageProblem('not_found') };
}

export async function record(
  foundation: Foundation,
  finished: { task: ImageTask; outcome: ImageEnd }[],
  seen: Seen[] = [],
): Promise<void> {
  if (finished.length > 0)
    await recordResults(foundation.database.db, finished, { ...foundation.feed, seen });
}
