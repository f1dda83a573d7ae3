import type { Storage, StorageKey } from '../storage/storage.ts';
import { FORMAT_FACTS } from '../presets/spec.ts';
import type { MadeFile } from './decoder/make.ts';
import { type DecoderJob, fileName } from './plan.ts';

/** A rendition in the storage. sha256 in hexadecimal. */
export type StoredRendition = MadeFile & { key: StorageKey; format: string; extension: string };

/**
 * Moves the files of a job into the storage, under `{folder}/{rendition}.{ext}`. A file that is there
 * already stays, and what is answered describes that one.
 */
export async function store(
  job: DecoderJob,
  files: MadeFile[],
  folder: string,
  storage: Storage,
): Promise<StoredRendition[]> {
  const stored: StoredRendition[] = [];
  for (const [i, planned] of job.renditions.entries()) {
    const file = files[i];
    if (file?.name !== planned.name) throw new Error(`the decoder did not make ${planned.name}`);
    const { name: format, extension } = FORMAT_FACTS[planned.format];
    const key = `${folder}/${fileName(planned)}`;
    const there = await storage.put(key, planned.output, file);
    stored.push({ ...file, ...there, key, format, extension });
  }
  return stored;
}
