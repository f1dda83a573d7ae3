import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import type { Storage } from '../storage/storage.ts';
import { outputCsv, type OutputFile } from './output-csv.ts';

/**
 * Writes a batch's results into a folder: the renditions as `{sku}-{position}-{rendition}.{ext}`, and
 * `output.csv`, whose URLs are these names. Files of the same names are replaced.
 */
export async function writeFolder(
  db: Db,
  storage: Storage,
  batch: BatchKey,
  folder: string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const nameOf = fileNames();
  const csv = await outputCsv(db, batch, async (file) => {
    const name = nameOf(file);
    await place(storage.localPath(file.key), join(folder, name));
    return name;
  });
  if (!csv) throw new Error('the batch is gone');
  const path = join(folder, 'output.csv');
  const half = `${path}.${randomUUID()}`;
  await writeFile(half, csv);
  await rename(half, path);
  return path;
}

/** Names that no two products share, on file systems that ignore case too. */
function fileNames(): (file: OutputFile) => string {
  const rows = new Map<string, number>();
  return ({ label, rowNumber, position, rendition, extension }) => {
    const safe = safeName(label);
    const owner = rows.get(safe.toLowerCase()) ?? rowNumber;
    rows.set(safe.toLowerCase(), owner);
    const product = owner === rowNumber ? safe : `${safe}_row${rowNumber}`;
    return `${product}-${position}-${rendition}.${extension}`;
  };
}

/** Letters and digits of any language; everything that a file system or a shell could take amiss is a `_`. */
function safeName(label: string): string {
  const safe = label
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^[._-]+/, '')
    .slice(0, 80);
  return safe === '' ? 'product' : safe;
}

/** A hard link where the file systems allow it, else a copy; in one step, so that no half file is ever seen. */
async function place(from: string, to: string): Promise<void> {
  const half = `${to}.${randomUUID()}`;
  try {
    await link(from, half).catch(() => copyFile(from, half));
    await rename(half, to);
  } finally {
    await rm(half, { force: true }); // renaming one link of a file onto another leaves both
  }
}
