import { keyOf, type StorageKey, type StoredSet } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { FORMAT_FACTS } from '../presets/spec.ts';
import type { DecoderJob, MadeFile } from './decoder-protocol.ts';

/** A rendition in the storage. sha256 in hexadecimal. */
export type StoredRendition = MadeFile & { key: StorageKey; format: string; extension: string };

/**
 * Moves the files of a job into the storage, as a rendition set. A file that is there already stays, and the
 * result describes that one.
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
    const there = await storage.put(key, planned.output, file);
    stored.push({ ...file, ...there, key, format, extension });
  }
  return stored;
}
