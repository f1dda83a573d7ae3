import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Flaw, Problem } from '../errors.ts';
import { newUuid } from '../ids.ts';
import { unescapeFormula } from './formulas.ts';
import type { Preset, Recipe } from '../presets/spec.ts';
import { recipeOf } from './choice.ts';
import { type Columns, readHeader } from './header.ts';
import { checkRow } from './rows.ts';
import { openSpool } from './spool.ts';
import { invalidFile } from './decode.ts';
import { readTable, type Table } from './table.ts';

/** How the CSV was written and what its columns mean: enough to write the same table again. */
export type TableFormat = { delimiter: string; bom: boolean; header: string[]; columns: Columns };

/**
 * An upload that proved good and is not stored yet: its rows lie in two files, in the text form of
 * COPY, ready to be poured into the tables.
 */
export type Draft = {
  batchId: string;
  format: TableFormat;
  productsFile: string;
  imagesFile: string;
  products: number;
  images: number;
  /** what to make, in the order of the numbers in the images; `preset` is for rows that choose none */
  recipes(preset: Preset): Recipe[];
  bytes: number;
  sha256: Buffer;
  warnings: Flaw[];
  warningCount: number;
  /** Removes the files. */
  [Symbol.asyncDispose](): Promise<void>;
};

export type DraftRules = {
  tenantId: number;
  /** a folder for temporary files */
  folder: string;
  maxBytes: number;
  allowPaths: boolean;
  /** those that rows may choose */
  presets: readonly Preset[];
};

const MAX_FLAWS_TOLD = 1_000;

/**
 * Reads and checks an upload as it arrives. Nothing is stored: either the whole table is good, or
 * everything that is wrong with it is thrown together.
 * @throws Problem `csv_invalid` with the first 1,000 errors and their full count, `payload_too_large`
 */
export async function draftUpload(chunks: AsyncIterable<Buffer>, rules: DraftRules): Promise<Draft> {
  const batchId = newUuid();
  const folder = join(rules.folder, `upload-${batchId}`);
  await mkdir(folder, { recursive: true });
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const meter = measured(chunks, rules.maxBytes);
    const table = await readTable(meter.chunks);
    const rows = await spoolRows(table, { ...rules, batchId, folder });
    return { batchId, ...rows, ...meter.result(), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Counts and hashes what passes, and stops an upload that is too large. */
function measured(chunks: AsyncIterable<Buffer>, maxBytes: number) {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* pass(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new Problem('payload_too_large', {
          detail: `The file is larger than ${Math.floor(maxBytes / 2 ** 20)} MiB. Split it, or raise MAX_UPLOAD_BYTES.`,
        });
      hash.update(chunk);
      yield chunk;
    }
  }
  return { chunks: pass(), result: () => ({ bytes, sha256: hash.digest() }) };
}

async function spoolRows(table: Table, place: Omit<DraftRules, 'maxBytes'> & { batchId: string }) {
  const head = (await table.rows.next()).value;
  if (!head) throw invalidFile('empty_file', 'The file has no rows.');
  const header = head.cells.map(unescapeFormula);
  const columns = readHeader(header, head.line);
  const byName = new Map(place.presets.map((preset) => [preset.name, preset]));
  const rules = {
    columns,
    headerLength: header.length,
    allowPaths: place.allowPaths,
    presets: new Set(byName.keys()),
  };
  const errors = new FlawList();
  const warnings = new FlawList();
  await using spool = await openSpool(place);
  let rows = 0;
  try {
    for await (const { line, cells } of table.rows) {
      rows += 1;
      const checked = checkRow({ line, cells: cells.map(unescapeFormula) }, rules);
      errors.add(checked.errors);
      warnings.add(checked.warnings);
      // After the first error nothing will be stored; the rest is read for its errors.
      if (errors.count === 0) await spool.add(checked.product, rows);
    }
  } catch (error) {
    errors.addUnreadable(error);
  }
  errors.throwIfAny(rows);
  if (rows === 0) throw invalidFile('no_rows', 'The file has a header and no rows.', head.line);
  return {
    format: { delimiter: table.delimiter, bom: table.form.bom, header, columns },
    productsFile: spool.productsFile,
    imagesFile: spool.imagesFile,
    products: rows,
    images: spool.images(),
    recipes: (preset: Preset) =>
      spool.choices().map((choice) => recipeOf(byName.get(choice.preset ?? '') ?? preset, choice)),
    warnings: warnings.first,
    warningCount: warnings.count,
  };
}

class FlawList {
  readonly first: Flaw[] = [];
  count = 0;

  add(flaws: Flaw[]): void {
    this.count += flaws.length;
    this.first.push(...flaws.slice(0, MAX_FLAWS_TOLD - this.first.length));
  }

  /** What makes the rest of the file unreadable is one more flaw of it. */
  addUnreadable(error: unknown): void {
    if (!(error instanceof Problem) || error.code !== 'csv_invalid') throw error;
    this.add(error.flaws.filter((flaw) => 'line' in flaw));
  }

  throwIfAny(rows: number): void {
    if (this.count === 0) return;
    const errors = this.count === 1 ? 'one error' : `${this.count} errors`;
    throw new Problem('csv_invalid', {
      detail: `The file has ${errors} in ${rows} rows, and nothing of it was stored.`,
      flaws: this.first,
      flawCount: this.count,
    });
  }
}
