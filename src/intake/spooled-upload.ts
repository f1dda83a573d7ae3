import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invalidFile } from '../csv/invalid-file.ts';
import type { ReadingRules } from './reading.ts';

/** An upload whose first bytes are known. */
export type ArrivingUpload = {
  /** its first 512 bytes, or all of a shorter file */
  head: Buffer;
  /** all of it, the first bytes included; it can be read once */
  chunks: AsyncIterable<Buffer>;
  /** closes what the table needs while its rows are read */
  stack: AsyncDisposableStack;
};

/** An upload as a file on disk, which can be read anywhere. It is closed with the table. */
export type SpooledUpload = { file: FileHandle; bytes: number };

/**
 * Writes an upload into a file that is unlinked at once, so that nothing is left of it if the process is killed. Its
 * size is bounded by the meter through which it arrives.
 * @throws Problem `csv_invalid` for the first part of a file, `payload_too_large`
 */
export async function spooled(
  { chunks, stack }: ArrivingUpload,
  { folder = tmpdir(), isPartial }: ReadingRules,
): Promise<SpooledUpload> {
  if (isPartial)
    throw invalidFile(
      'not_whole',
      'A file of this kind can be read only as a whole: send it without partial.',
    );
  await mkdir(folder, { recursive: true });
  const path = join(folder, `spooled-${randomUUID()}`);
  const file = stack.adopt(await open(path, 'wx+', 0o600), (opened) => opened.close());
  await unlink(path);
  let bytes = 0;
  for await (const chunk of chunks) {
    await file.writeFile(chunk);
    bytes += chunk.length;
  }
  return { file, bytes };
}
