import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { BlockReader } from './block-reader.ts';
import { readDirectory, type StoredPart } from './directory.ts';
import type { InflateBudget } from './inflate-budget.ts';
import { asProblem, damagedPart, unreadable } from './unreadable.ts';

/** A file in a ZIP, or a folder. Sizes are what the directory of the ZIP says, and may be wrong. */
export type ZipPart = Pick<
  StoredPart,
  'name' | 'bytes' | 'compressedBytes' | 'isFolder' | 'isEncrypted' | 'isSpecial'
>;

/** A ZIP on disk. Any number of its parts can be read at once. */
export type ZipFile = {
  /** by name, in the order of its directory; of two with one name, the first */
  parts: ReadonlyMap<string, ZipPart>;
  /**
   * Reads a part while it is inflated.
   * @throws Problem `csv_invalid`: `file_encrypted`, `zip_damaged`, `file_too_complex`
   */
  read(part: ZipPart, budget: InflateBudget): AsyncGenerator<Buffer>;
};

/**
 * Reads the directory of a ZIP. A name that would leave the folder in which the ZIP is unpacked refuses it.
 * @throws Problem `csv_invalid`: `zip_damaged`, `zip_unsafe_name`, `file_too_complex`
 */
export async function openZip(file: FileHandle, bytes: number): Promise<ZipFile> {
  const reader = new BlockReader(file.fd);
  const parts = await readDirectory(reader, bytes);
  return {
    parts,
    read: ({ name }, budget) => contentOf(parts.get(name), { file, reader }, budget),
  };
}

type Open = { file: FileHandle; reader: BlockReader };

async function* contentOf(
  part: StoredPart | undefined,
  zip: Open,
  budget: InflateBudget,
): AsyncGenerator<Buffer> {
  if (!part) throw new Error('the part is of another ZIP');
  const { name, isEncrypted, bytes } = part;
  if (isEncrypted)
    throw unreadable('file_encrypted', `"${name}" in the file has a password. Remove it, and upload again.`);
  const spent = budget.begin(part);
  let [inflated, checksum] = [0, 0];
  try {
    for await (const chunk of await inflatedOf(part, zip)) {
      inflated += chunk.length;
      if (inflated > bytes) throw damagedPart(name);
      spent.spend(chunk.length);
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    throw asProblem(error, name);
  }
  if (checksum !== part.checksum || inflated !== bytes) throw damagedPart(name);
}

const CHUNK_BYTES = 16 * 1024;
const [STORED, DEFLATED] = [0, 8];

async function inflatedOf(part: StoredPart, { file, reader }: Open): Promise<AsyncIterable<Buffer>> {
  const { name, method, compressedBytes } = part;
  if (method !== STORED && method !== DEFLATED)
    throw unreadable(
      'zip_damaged',
      `"${name.slice(0, 100)}" in the file is compressed in a way that is not read. Save the workbook anew, or pack the archive anew as a plain ZIP.`,
    );
  const start = await beginOf(part, file);
  if (compressedBytes === 0) return Readable.from([]);
  const stored = reader.streamOf(start, start + compressedBytes);
  if (method === STORED) return stored;
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  pipeline(stored, inflate, () => {}); // its reader gets the error
  return inflate;
}

const HEADER_BYTES = 30; // APPNOTE.TXT, 4.3.7
const SIGNATURE = 0x04034b50;

/** Where the content begins: the header before it may be longer than the directory says. */
async function beginOf({ name, offset }: StoredPart, file: FileHandle): Promise<number> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, offset);
  if (bytesRead < HEADER_BYTES || buffer.readUInt32LE(0) !== SIGNATURE) throw damagedPart(name);
  return offset + HEADER_BYTES + buffer.readUInt16LE(26) + buffer.readUInt16LE(28);
}
