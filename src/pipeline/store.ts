import { FORMAT_FACTS } from '../presets/spec.ts';
import { contentTypeOf, keyOf, type StorageKey, type StoredSet } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import type { DecoderJob, MadeFile } from './decoder-protocol.ts';

/** A rendition in storage. */
export type StoredRendition = MadeFile & { key: StorageKey; format: string; extension: string };

/**
 * Moves the files of a job into storage, as one rendition set, all at the same time.
 * @returns the content of each file in storage: a file that was there before stays
 * @throws StorageTrouble; the signal's reason. Only after all files are done with: the next image overwrites them
 */
export async function store(
  { job, files }: { job: DecoderJob; files: MadeFile[] },
  set: StoredSet,
  storage: Storage,
  signal: AbortSignal,
): Promise<StoredRendition[]> {
  const stored = await Promise.allSettled(
    job.renditions.map(async (planned, i): Promise<StoredRendition> => {
      const file = files[i];
      if (file?.name !== planned.name) throw new Error(`the decoder did not make ${planned.name}`);
      const { name: format, extension } = FORMAT_FACTS[planned.format];
      const key = keyOf(set, { name: planned.name, extension });
      const keeping = {
        path: planned.output,
        bytes: file.bytes,
        sha256: file.sha256,
        contentType: contentTypeOf(key),
      };
      const content = await storage.put(key, keeping, signal);
      return { ...file, ...content, key, format, extension };
    }),
  );
  return stored.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
