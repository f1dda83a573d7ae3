/** Reads the directory of a ZIP, which stands at its end, and believes little of it. */
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel } from 'yauzl';
import type { BlockReader } from './block-reader.ts';
import { asProblem, damagedList, unreadable } from './unreadable.ts';

/** A file or folder in a ZIP, as its directory describes it. Less than yauzl's entries hold: there may be 200,000. */
export type StoredPart = {
  name: string;
  bytes: number;
  compressedBytes: number;
  isFolder: boolean;
  isEncrypted: boolean;
  /** a symbolic link or another file that is none of bytes */
  isSpecial: boolean;
  /** where its header begins, and where its content ends at the earliest */
  offset: number;
  end: number;
  method: number;
  checksum: number;
};

const MAX_ENTRIES = 200_000;
const MAX_NAME_BYTES = 1_024;
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20; // 335 bytes an entry; they have about 100

/**
 * By name, in order; of two with one name, the first.
 * @throws Problem `csv_invalid`: `zip_damaged`, `zip_unsafe_name`, `file_too_complex`
 */
export async function readDirectory(reader: BlockReader, bytes: number): Promise<Map<string, StoredPart>> {
  const parts: StoredPart[] = [];
  try {
    const zip = await fromRandomAccessReaderPromise(reader, bytes, {
      autoClose: false,
      decodeStrings: false,
    });
    if (zip.entryCount > MAX_ENTRIES)
      throw unreadable(
        'file_too_complex',
        `The ZIP has more than ${MAX_ENTRIES.toLocaleString('en')} files in it. Split it into several.`,
      );
    const begin = Number(zip.readEntryCursor);
    for await (const entry of zip.eachEntry()) {
      if (Number(zip.readEntryCursor) - begin > MAX_DIRECTORY_BYTES || entry.fileNameLength > MAX_NAME_BYTES)
        throw unreadable(
          'file_too_complex',
          'The names of the files in the ZIP are too long. Pack them anew with shorter names.',
        );
      parts.push(partOf(entry));
    }
  } catch (error) {
    throw asProblem(error);
  }
  refuseOverlaps(parts, bytes);
  const byName = new Map<string, StoredPart>();
  for (const part of parts) if (!byName.has(part.name)) byName.set(part.name, part);
  return byName;
}

// The file type of Unix in the upper half of the attributes (APPNOTE.TXT, 4.4.15); 0: written by another system.
const [FILE_TYPE, REGULAR, FOLDER] = [0o170000, 0o100000, 0o040000];

function partOf(entry: Entry): StoredPart {
  const name = nameOf(entry);
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  const isFolder = name === '' || name.endsWith('/') || type === FOLDER;
  return {
    name,
    bytes: entry.uncompressedSize,
    compressedBytes: entry.compressedSize,
    isFolder,
    isEncrypted: entry.isEncrypted(),
    isSpecial: !isFolder && type !== 0 && type !== REGULAR,
    offset: entry.relativeOffsetOfLocalHeader,
    end: entry.relativeOffsetOfLocalHeader + HEADER_BYTES + entry.fileNameLength + entry.compressedSize,
    method: entry.compressionMethod,
    checksum: entry.crc32,
  };
}

const IS_UTF8 = 0x800; // APPNOTE.TXT, 4.4.4, bit 11
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A name that is valid UTF-8 is taken for it without the flag too, which macOS does not set. */
function nameOf({ fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): string {
  const flags = generalPurposeBitFlag | (isUtf8(fileNameRaw) ? IS_UTF8 : 0);
  const name = getFileNameLowLevel(flags, fileNameRaw, extraFields, true);
  if (!/^\/|^[a-z]:|\\/i.test(name) && !name.split('/').includes('..')) return withoutDots(name);
  const shown = name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
  throw unreadable(
    'zip_unsafe_name',
    `The name "${shown}" in the ZIP leaves its folder. Pack the files anew.`,
  );
}

/** `./img/1.jpg`, as some programs write it, is `img/1.jpg`. */
function withoutDots(name: string): string {
  if (!name.includes('./')) return name;
  return name
    .split('/')
    .filter((each) => each !== '.')
    .join('/');
}

function isUtf8(bytes: Buffer): boolean {
  try {
    UTF8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const HEADER_BYTES = 30; // APPNOTE.TXT, 4.3.7, before the name

/** Files that share their bytes are how a small ZIP unpacks to petabytes. */
function refuseOverlaps(parts: readonly StoredPart[], bytes: number): void {
  let last = 0;
  for (const { offset, end } of parts.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < last) throw unreadable('file_too_complex', OVERLAP);
    last = end;
  }
  if (last > bytes) throw damagedList();
}

const OVERLAP = 'Files in the ZIP share their bytes, as in a ZIP bomb. Pack them anew.';
