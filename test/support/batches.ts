import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readConfig } from '../../src/config.ts';
import { type Services, openServices } from '../../src/services.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { claimImages } from '../../src/work/claim.ts';
import { recordResults } from '../../src/work/record.ts';
import { type Acceptance, acceptUpload } from '../../src/intake/accept.ts';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import type { HostOutcome } from '../../src/hosts/host-outcome.ts';
import type { ClaimedImage, ImageResult } from '../../src/work/process-image.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import type { Task } from '../../src/queue/queue.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import type { Preset } from '../../src/presets/spec.ts';
import { anyContent } from './contents.ts';
import { migratedDatabase } from './database.ts';
import { newFolder } from './folder.ts';
import { silent } from './logs.ts';

export { silent };

/** Database, queue and storage without server or worker; tests do by hand what these would do. */
export async function newServices(
  settings: Record<string, string> = {},
  databaseUrl?: string,
): Promise<Services & AsyncDisposable> {
  const folder = await newFolder();
  const config = readConfig({ DATA_DIR: folder.path, ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8', ...settings });
  const services = await openServices(config, databaseUrl ?? (await migratedDatabase()), silent);
  return {
    ...services,
    async [Symbol.asyncDispose]() {
      await services.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Accepts a batch with one product an URL. */
export async function acceptUrls(
  services: Services,
  urls: string[],
  extras: Partial<Acceptance> = {},
): Promise<BatchKey> {
  const rows = urls.map((url, i) => `${i + 1},P,${url}\n`).join('');
  return await acceptCsv(services, `S. No.,Product Name,Input Image Urls\n${rows}`, extras);
}

/** Accepts a batch; rows with errors are left out of it. */
export async function acceptCsv(
  { config, database, feed }: Services,
  csv: string,
  extras: Partial<Acceptance> = {},
): Promise<BatchKey> {
  const acceptance = { tenantId: 1, name: 'test', preset: webPreset(), ...extras };
  await using staged = await stageUpload(Readable.from([Buffer.from(csv)]), {
    tenantId: acceptance.tenantId,
    folder: config.dataDir,
    maxBytes: 1e9,
    allowPaths: false,
    presets: BUILTIN_PRESETS,
    onInvalid: 'skip',
  });
  const { tenant_id: tenantId, batch_id: batchId } = await acceptUpload(database, staged, acceptance, feed);
  return { tenantId, batchId };
}

function webPreset(): Preset {
  const preset = BUILTIN_PRESETS.find(({ name }) => name === 'web');
  if (!preset) throw new Error('there is no preset web');
  return preset;
}

type ImageTask = Task<'process_image'>;

export type Claimed = { task: ImageTask; image: ClaimedImage };

/** Claims tasks as a worker does. */
export async function claim(services: Services, count: number): Promise<Claimed[]> {
  const tasks = await services.queue.claim('process_image', count);
  const works = await claimImages(services.database.hurried, tasks, services.feed);
  return tasks.flatMap((task) => {
    const image = works.get(task.id);
    return image ? [{ task, image }] : [];
  });
}

export function failed(image: ClaimedImage): ImageResult {
  return { image, is: 'failed', problem: new ImageProblem('not_found') };
}

export const TIMINGS = { waitedMs: 1, downloadMs: 2, makeMs: 3, storeMs: 4 };
const MADE_BY = { minilab: '0', sharp: '0', libvips: '0' };

/** What a pipeline does at the end, for a source whose content is its URL: two files, stored. */
export async function madeOf({ config, storage }: Services, image: ClaimedImage): Promise<ImageResult> {
  const sha256 = createHash('sha256').update(image.url).digest();
  const setId = sha256.toString('hex').slice(0, 16);
  const renditions = [];
  for (const name of ['full', 'thumb']) {
    const content = Buffer.from(`${image.url} ${name}`);
    const path = join(config.dataDir, randomBytes(8).toString('hex'));
    await writeFile(path, content);
    const contentSha256 = createHash('sha256').update(content).digest('hex');
    const file = { name, width: 1, height: 1, bytes: content.length, sha256: contentSha256 };
    const key = `${image.tenantToken}/${setId}/${name}.jpg`;
    await storage.put(key, { ...file, path, contentType: 'image/jpeg' }, new AbortController().signal);
    renditions.push({ ...file, key, format: 'jpeg', extension: 'jpg' });
  }
  const source = { path: '', bytes: 10, sha256, head: Buffer.alloc(0) };
  const unknown = { finalUrl: image.url, etag: undefined, lastModified: undefined, freshForS: 0 };
  const facts = { format: 'jpeg' as const, width: 1, height: 1, isInterlaced: false, mayHoldXmp: false };
  const differenceHash = '0'.repeat(16);
  const made = {
    source: { ...source, ...unknown },
    facts,
    differenceHash,
    isPlaceholder: false,
    content: anyContent(),
    setId,
    renditions,
  };
  return { image, is: 'completed', made: { is: 'made', ...made, madeBy: MADE_BY, timings: TIMINGS } };
}

export async function record(
  services: Services,
  finished: { task: ImageTask; result: ImageResult }[],
  hostOutcomes: HostOutcome[] = [],
): Promise<void> {
  if (finished.length > 0)
    await recordResults(services.database.hurried, finished, { ...services.feed, hostOutcomes });
}
