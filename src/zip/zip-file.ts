import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, type ZipFile as Opened } from 'yauzl';
import { Problem } from '../errors.ts';
import { BlockReader } from './block-reader.ts';
import type { InflateBudget } from './inflate-budget.ts';

/** A file in a ZIP, or a folder. Sizes are what the directory of the ZIP says, and may be wrong. */
export type ZipPart = {
  name: string;
  bytes: number;
  compressedBytes: number;
  isFolder: boolean;
  isEncrypted: boolean;
  /** a symbolic link or another file that is none of bytes */
  isSpecial: boolean;
};

/** A ZIP on disk. Any number of its parts can be read at once. */
export type ZipFile = Disposable & {
  /** by name, in the order of its directory; of two with one name, the first */
  parts: ReadonlyMap<string, ZipPart>;
  /**
   * Reads a part while it is inflated.
   * @throws Problem `csv_invalid`: `file_encrypted`, `zip_damaged`, `file_too_complex`
   */
  read(part: ZipPart, budget: InflateBudget): AsyncGenerator<Buffer>;
};

export const MAX_ENTRIES = 200_000;

/**
 * Reads the directory of a ZIP. A name that would leave the folder in which the ZIP is unpacked refuses it.
 * @throws Problem `csv_invalid`: `zip_damaged`, `zip_unsafe_name`, `file_too_complex`
 */
export async function openZip(file: FileHandle, bytes: number): Promise<ZipFile> {
  const reader = new BlockReader(file.fd);
  const opened = await fromRandomAccessReaderPromise(reader, bytes, { autoClose: false }).catch(refuse);
  if (opened.entryCount > MAX_ENTRIES)
    throw unreadable('file_too_complex', `The ZIP has more than ${MAX_ENTRIES} files in it.`);
  const entries = await entriesOf(opened);
  const parts = new Map([...entries].map(([name, entry]) => [name, partOf(entry)]));
  return {
    parts,
    read: (part, budget) => contentOf(part, entries.get(part.name), { opened, reader }, budget),
    [Symbol.dispose]: () => opened.close(),
  };
}

async function entriesOf(opened: Opened): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of opened.eachEntry())
      if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry);
  } catch (error) {
    return refuse(error);
  }
  return entries;
}

// The file type of Unix in the upper half of the attributes (APPNOTE.TXT, 4.4.15); 0: written by another system.
const [FILE_TYPE, REGULAR, FOLDER] = [0o170000, 0o100000, 0o040000];

function partOf(entry: Entry): ZipPart {
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  const isFolder = entry.fileName.endsWith('/') || type === FOLDER;
  return {
    name: entry.fileName,
    bytes: entry.uncompressedSize,
    compressedBytes: entry.compressedSize,
    isFolder,
    isEncrypted: entry.isEncrypted(),
    isSpecial: !isFolder && type !== 0 && type !== REGULAR,
  };
}

type Open = { opened: Opened; reader: BlockReader };

async function* contentOf(
  { name, isEncrypted, bytes, compressedBytes }: ZipPart,
  entry: Entry | undefined,
  zip: Open,
  budget: InflateBudget,
): AsyncGenerator<Buffer> {
  if (!entry) throw new Error('the part is of another ZIP');
  if (isEncrypted)
    throw unreadable('file_encrypted', `"${name}" in the file has a password. Remove it, and upload again.`);
  const part = budget.begin({ bytes, compressedBytes });
  let [inflated, checksum] = [0, 0];
  try {
    for await (const chunk of await inflatedOf(entry, zip)) {
      part.spend(chunk.length);
      inflated += chunk.length;
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    refuse(error);
  }
  if (checksum !== entry.crc32 || inflated !== bytes)
    throw unreadable('zip_damaged', `"${name}" in the file is damaged: its checksum or its size is wrong.`);
}

const CHUNK_BYTES = 64 * 1024;
const [STORED, DEFLATED] = [0, 8];

async function inflatedOf(entry: Entry, { opened, reader }: Open): Promise<AsyncIterable<Buffer>> {
  const { compressedSize, compressionMethod } = entry;
  const { fileDataStart } = await opened.readLocalFileHeaderPromise(entry, { minimal: true });
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED)
    throw unreadable('zip_damaged', 'The ZIP is compressed with another method than Deflate: make it again.');
  if (compressedSize === 0) return Readable.from([]);
  const stored = reader.streamOf(fileDataStart, fileDataStart + compressedSize);
  if (compressionMethod === STORED) return stored;
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  pipeline(stored, inflate, () => {}); // its reader gets the error
  return inflate;
}

/** An error of the reader of ZIPs as a Problem: it throws plain errors, and zlib and the system those with a code. */
function refuse(error: unknown): never {
  if (error instanceof Problem || !(error instanceof Error)) throw error;
  const code = (error as NodeJS.ErrnoException).code;
  if (error.constructor !== Error && code === undefined) throw error;
  if (code !== undefined && !/^(Z_|ERR_)/.test(code)) throw error;
  if (/^(absolute path|invalid relative path|invalid characters in fileName)/.test(error.message))
    throw unreadable('zip_unsafe_name', `A name in the ZIP leaves its folder (${shortened(error.message)}).`);
  throw unreadable('zip_damaged', `The ZIP cannot be read: ${shortened(error.message)}.`);
}

function shortened(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replace(/\.$/, '')
    .slice(0, 200);
}

function unreadable(code: string, detail: string): Problem {
  return new Problem('csv_invalid', { detail, flaws: [{ line: 1, code, detail }] });
}
