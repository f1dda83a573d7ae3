import { stringify } from 'csv-stringify/sync';
import { sql } from 'kysely';
import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import type { ImageState } from '../images/image.ts';
import type { TableFormat } from '../intake/reading.ts';
import { escapeFormula } from '../intake/formulas.ts';
import { joinSlots, slotsOfRow } from '../intake/slots.ts';
import type { Recipe } from '../presets/spec.ts';

/** A rendition that is written into a slot. */
export type OutputFile = {
  key: string;
  rowNumber: number;
  /** SKU, else serial, else row number of its product */
  label: string;
  position: number;
  rendition: string;
  extension: string;
};

const ROWS_A_PAGE = 500;
const OUR_COLUMNS = /^\s*(output image urls( \(.*\))?|status|errors)\s*$/i;

/**
 * The input's CSV with the output URLs in the slots of the input URLs, as far as there are any yet:
 * the first rendition as `Output Image Urls`, further ones as `Output Image Urls (NAME)`, then
 * `Status` and `Errors`. Pages are read by key, a statement each, so that no snapshot stays open.
 * @param urlOf what to write for a file
 * @returns the text in pieces, or undefined where there is no such batch
 */
export async function outputCsv(
  db: Db,
  batch: BatchKey,
  urlOf: (file: OutputFile) => string | Promise<string>,
): Promise<AsyncGenerator<string> | undefined> {
  const found = await readFormat(db, batch);
  if (!found) return undefined;
  const { format, recipes, token } = found;
  const namesOf = recipes.map((recipe) => recipe.renditions.map((spec) => spec.name));
  // An image's first rendition has the first column, whatever its name; the others have theirs by name.
  const further = [...new Set(namesOf.flatMap((names) => names.slice(1)))];
  const kept = format.header.flatMap((name, i) => (OUR_COLUMNS.test(name) ? [] : [i]));

  const write = (rows: string[][]): string =>
    stringify(
      rows.map((cells) => cells.map(escapeFormula)),
      { delimiter: format.delimiter },
    );

  async function cellsOf(product: ProductOutput): Promise<string[]> {
    const { slots, separators } = slotsOfRow(product.cells, format.columns);
    const input = inputCells(product.cells, format, slots.length > 0 ? joinSlots(slots, separators) : '');
    const outputs: string[] = [];
    for (const column of [undefined, ...further]) {
      const urls = slots.map(() => '');
      for (const { position, recipe, hash16, extensions } of product.images) {
        const [first = '', ...others] = namesOf[recipe] ?? [];
        const rendition = column ?? first;
        const isInColumn = column === undefined || others.includes(column);
        const extension = isInColumn ? extensions[rendition] : undefined;
        if (hash16 === null || extension === undefined) continue;
        const key = `${token}/${hash16}/${rendition}.${extension}`;
        urls[position - 1] = await urlOf({ ...product, key, position, rendition, extension });
      }
      outputs.push(joinSlots(urls, separators));
    }
    return [
      ...kept.map((i) => input[i] ?? ''),
      ...outputs,
      statusOf(product.images),
      errorsOf(product.images),
    ];
  }

  return (async function* () {
    const header = [
      ...kept.map((i) => format.header[i] ?? ''),
      'Output Image Urls',
      ...further.map((name) => `Output Image Urls (${name})`),
      'Status',
      'Errors',
    ];
    yield (format.bom ? '\u{feff}' : '') + write([header]);
    for await (const page of productPages(db, batch)) {
      const rows: string[][] = [];
      for (const product of page) rows.push(await cellsOf(product));
      yield write(rows);
    }
  })();
}

/** The row as it was; one whose URLs spilled over has them in one cell. */
function inputCells(cells: string[], { header, columns }: TableFormat, urls: string): string[] {
  const { images, spill } = columns;
  const hasSpilled = spill !== undefined && cells.slice(spill).some((cell) => cell.trim() !== '');
  const row = header.map((_, i) => cells[i] ?? '');
  return hasSpilled ? row.map((cell, i) => (i === images.at(-1) ? urls : i >= spill ? '' : cell)) : row;
}

type ImageOutput = {
  position: number;
  recipe: number;
  state: ImageState;
  errorCode: string | null;
  hash16: string | null;
  /** by rendition */
  extensions: Record<string, string>;
};

type ProductOutput = { rowNumber: number; label: string; cells: string[]; images: ImageOutput[] };

function statusOf(images: ImageOutput[]): string {
  const count = (state: ImageState): number => images.filter((image) => image.state === state).length;
  const completed = count('completed');
  const failed = count('failed');
  const cancelled = count('cancelled');
  if (completed === images.length) return 'completed';
  if (completed + failed + cancelled < images.length) return 'pending';
  if (completed > 0) return 'partial';
  return failed > 0 ? 'failed' : 'cancelled';
}

function errorsOf(images: ImageOutput[]): string {
  return images
    .flatMap(({ position, errorCode }) => (errorCode ? [`${position}:${errorCode}`] : []))
    .join('; ');
}

type FormatRow = { format: TableFormat; recipes: Recipe[]; token: string };

/** How the CSV was written, what was to be made, and the first part of the storage keys. */
async function readFormat(db: Db, { tenantId, batchId }: BatchKey): Promise<FormatRow | undefined> {
  const { rows } = await sql<FormatRow>`
    select b.table_format as format, b.recipes, t.token
    from batches b join tenants t on t.tenant_id = b.tenant_id
    where b.tenant_id = ${tenantId} and b.batch_id = ${batchId}`.execute(db);
  return rows[0];
}

async function* productPages(db: Db, batch: BatchKey): AsyncGenerator<ProductOutput[]> {
  for (let after = 0; ;) {
    const products = await readProducts(db, batch, after);
    const last = products.at(-1);
    if (!last) return;
    const from = products[0]?.first_slot ?? 1;
    const images = await readImages(db, batch, { from, to: last.first_slot + last.images });
    const byRow = Map.groupBy(images, (image) => image.row_number);
    yield products.map((product) => ({
      rowNumber: product.row_number,
      label: product.label,
      cells: product.cells,
      images: (byRow.get(product.row_number) ?? []).map((image) => ({
        position: image.position,
        recipe: image.recipe,
        state: image.state,
        errorCode: image.error_code,
        hash16: image.hash16,
        extensions: image.extensions ?? {},
      })),
    }));
    after = last.row_number;
  }
}

type ProductRow = { row_number: number; label: string; cells: string[]; first_slot: number; images: number };

async function readProducts(db: Db, { tenantId, batchId }: BatchKey, after: number): Promise<ProductRow[]> {
  const { rows } = await sql<ProductRow>`
    select row_number, label, cells, first_slot, images from products
    where tenant_id = ${tenantId} and batch_id = ${batchId} and row_number > ${after}
    order by row_number limit ${ROWS_A_PAGE}`.execute(db);
  return rows;
}

type ImageRow = {
  row_number: number;
  position: number;
  recipe: number;
  state: ImageState;
  error_code: string | null;
  hash16: string | null;
  extensions: Record<string, string> | null;
};

/** Images by slot, `to` not included, with the extensions of their renditions. */
async function readImages(
  db: Db,
  { tenantId, batchId }: BatchKey,
  slots: { from: number; to: number },
): Promise<ImageRow[]> {
  const { rows } = await sql<ImageRow>`
    select i.row_number, i.position, i.recipe, i.state, i.error_code, i.hash16,
      (select json_object_agg(r.name, r.extension) from renditions r
        where r.tenant_id = i.tenant_id and r.hash16 = i.hash16) as extensions
    from images i
    where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.slot >= ${slots.from} and i.slot < ${slots.to}
    order by i.slot`.execute(db);
  return rows;
}
