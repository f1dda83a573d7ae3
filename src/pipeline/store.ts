import { FORMAT_FACTS } from '../presets/spec.ts';
import { keyOf, type StorageKey, type StoredSet } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import type { DecoderJob, MadeFile } from './decoder-protocol.ts';

/** A rendition in storage. */
export type StoredRendition = MadeFile & { key: StorageKey; format: string; extension: string };

/**
 * Moves the files of a job into storage, as one rendition set.
 * @returns the content of each file in storage: a file that was there before stays
 * @throws StorageTrouble
 */
export async function store(
  job: DecoderJob,
  files: MadeFile[],
  set: StoredSet,
  storage: Storage,
): Promise<StoredRendition[]> {
  const stored: StoredRendition[] = [];
  for (const [i, planned] of job.renditions.entries()) {
    const file = files[i];
    if (file?.name !== planned.name) throw new Error(`the decoder did not make ${planned.name}`);
    const { name: format, extension } = FORMAT_FACTS[planned.format];
    const key = keyOf(set, { name: planned.name, extension });
    const content = await storage.put(key, planned.output, file);
    stored.push({ ...file, ...content, key, format, extension });
  }
  return stored;
}
