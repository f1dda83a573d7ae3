import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Flaw, Problem } from '../errors.ts';
import { newUuid } from '../ids.ts';
import { unescapeFormula } from './formulas.ts';
import { type Columns, readHeader } from './header.ts';
import { checkRow, type ProductRow } from './rows.ts';
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

async function spoolRows(
  table: Table,
  place: { tenantId: number; batchId: string; folder: string; allowPaths: boolean },
) {
  const head = (await table.rows.next()).value;
  if (!head) throw invalidFile('empty_file', 'The file has no rows.');
  const columns = readHeader(head.cells, head.line);
  const rules = { columns, headerLength: head.cells.length, allowPaths: place.allowPaths };
  const flaws = { errors: new FlawList(), warnings: new FlawList() };
  const productsFile = join(place.folder, 'products.copy');
  const imagesFile = join(place.folder, 'images.copy');
  await using products = await copyFile(productsFile);
  await using images = await copyFile(imagesFile);
  const leads = new Map<string, number>();
  let rowNumber = 0;
  let slot = 0;

  for await (const row of table.rows) {
    rowNumber += 1;
    const cells = row.cells.map(unescapeFormula);
    const { product, errors, warnings } = checkRow({ line: row.line, cells }, rules);
    flaws.errors.add(errors);
    flaws.warnings.add(warnings);
    if (flaws.errors.count > 0) continue; // nothing will be stored; the rest is read for its errors
    await products.write([
      place.tenantId,
      place.batchId,
      rowNumber,
      ...productColumns(product, rowNumber, slot),
    ]);
    for (const { position, url, host } of product.images) {
      slot += 1;
      const key = urlKey(url);
      const lead = leads.get(key) ?? slot;
      if (lead === slot) leads.set(key, slot);
      await images.write([
        place.tenantId,
        newUuid(),
        place.batchId,
        slot,
        rowNumber,
        position,
        url,
        host,
        lead,
      ]);
    }
  }
  if (rowNumber === 0) throw invalidFile('no_rows', 'The file has a header and no rows.', head.line);
  flaws.errors.throwIfAny(rowNumber);
  return {
    format: { delimiter: table.delimiter, bom: table.form.bom, header: head.cells, columns },
    productsFile,
    imagesFile,
    products: rowNumber,
    images: slot,
    warnings: flaws.warnings.first,
    warningCount: flaws.warnings.count,
  };
}

function productColumns(product: ProductRow, rowNumber: number, slotBefore: number) {
  const { line, name, label = String(rowNumber), cells, images } = product;
  return [line, name, label, JSON.stringify(cells), slotBefore + 1, images.length];
}

/** 128 bits of a hash instead of the URL: a million of them take 70 MB, and collide with nobody. */
function urlKey(url: string): string {
  return createHash('sha256').update(url).digest('latin1').slice(0, 16);
}

class FlawList {
  readonly first: Flaw[] = [];
  count = 0;

  add(flaws: Flaw[]): void {
    this.count += flaws.length;
    this.first.push(...flaws.slice(0, MAX_FLAWS_TOLD - this.first.length));
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

const WRITE_AT = 256 * 1024;

/** A file of lines in COPY's text form (PostgreSQL manual, COPY: tab between columns, backslash escapes). */
async function copyFile(path: string) {
  const file = await open(path, 'wx');
  let waiting = '';
  async function flush(): Promise<void> {
    const text = waiting;
    waiting = '';
    if (text !== '') await file.writeFile(text);
  }
  return {
    async write(values: (string | number)[]): Promise<void> {
      waiting += `${values.map(escaped).join('\t')}\n`;
      if (waiting.length > WRITE_AT) await flush();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await flush().finally(() => file.close());
    },
  };
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return /[\\\n\r\t]/.test(value)
    ? value.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '')
    : value;
}
