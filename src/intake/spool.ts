import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { newUuid } from '../ids.ts';
import type { RowChoice } from './row-options.ts';
import { numberChoices } from './row-option-numbers.ts';
import { createFirstSlots } from './duplicate-urls.ts';
import type { CheckedRow, ProductRow, RowImage } from './rows.ts';

/** Files in the text form of COPY; their columns are in accept.ts. */
export type SpoolFiles = { products: string; images: string; rejectedImages: string };

/** Rows on their way into the tables. */
export type Spool = AsyncDisposable & {
  files: SpoolFiles;
  add(product: ProductRow, rowNumber: number): Promise<void> | void;
  /** Keeps a row with errors: its images have failed before anything was done. */
  reject(row: CheckedRow, rowNumber: number): Promise<void> | void;
  /** how many images there are so far */
  images(): number;
  /** how many of them were rejected, by error code */
  rejected(): Record<string, number>;
  /** what rows chose, in the order of the numbers that images name; the first one chooses nothing */
  choices(): RowChoice[];
};

const MAX_FLAWS_OF_A_ROW = 20;
const MAX_IMAGES_OF_A_REJECTED_ROW = 50;

export async function openSpool({
  tenantId,
  batchId,
  folder,
}: {
  tenantId: number;
  batchId: string;
  folder: string;
}): Promise<Spool> {
  const file = (name: string): string => join(folder, `${name}.copy`);
  const files = {
    products: file('products'),
    images: file('images'),
    rejectedImages: file('rejected-images'),
  };
  await using stack = new AsyncDisposableStack();
  const products = stack.use(await copyFile(files.products));
  const images = stack.use(await copyFile(files.images));
  const rejectedImages = stack.use(await copyFile(files.rejectedImages));
  const firstSlot = createFirstSlots();
  const choices = numberChoices();
  const rejected: Record<string, number> = {};
  let slot = 0;

  function addProduct(product: ProductRow, rowNumber: number, rest: { images: number; flaws: string }): void {
    const { line, name, sku, serial, cells, quoted } = product;
    const label = sku ?? serial ?? String(rowNumber);
    products.add(
      `${tenantId}\t${batchId}\t${rowNumber}\t${line}\t${escaped(name)}\t${escaped(label)}\t${sku === undefined ? NULL : escaped(sku)}` +
        `\t${escaped(JSON.stringify(cells))}\t${slot + 1}\t${rest.images}\t${rest.flaws}\t${quoted ? marks(quoted) : NULL}\n`,
    );
  }

  /** A new image has the next slot; it leads those after it that have its URL and recipe. */
  function addImage({ position, url, host }: RowImage, rowNumber: number, recipe: number): void {
    slot += 1;
    const lead = firstSlot(recipe === 0 ? url : `${recipe} ${url}`, slot);
    images.add(
      `${tenantId}\t${newUuid()}\t${batchId}\t${slot}\t${rowNumber}\t${position}\t${escaped(url)}\t${escaped(host)}\t${recipe}\t${lead}\n`,
    );
  }

  function addRejectedImage({ position, url, flaw }: RowImage, rowNumber: number, why: string): void {
    slot += 1;
    const code = flaw ? 'invalid_url' : 'row_rejected';
    rejected[code] = (rejected[code] ?? 0) + 1;
    rejectedImages.add(
      `${tenantId}\t${newUuid()}\t${batchId}\t${slot}\t${rowNumber}\t${position}\t${escaped(url)}\t\t0\t${slot}` +
        `\tfailed\t${code}\t${escaped(flaw?.detail ?? why)}\t${NOW}\n`,
    );
  }

  /** Something to wait for now and then only: a promise for each of a million rows costs a second. */
  function written(): Promise<void> | undefined {
    const full = [products, images, rejectedImages].filter((file) => file.isFull());
    return full.length === 0 ? undefined : Promise.all(full.map((file) => file.flush())).then(() => {});
  }

  const opened = stack.move();
  return {
    files,
    images: () => slot,
    rejected: () => rejected,
    choices: choices.all,
    add(product, rowNumber) {
      const recipe = choices.of(product);
      addProduct(product, rowNumber, { images: product.images.length, flaws: NULL });
      for (const image of product.images) addImage(image, rowNumber, recipe);
      return written();
    },
    reject({ product, errors }, rowNumber) {
      const taken = product.images.slice(0, MAX_IMAGES_OF_A_REJECTED_ROW);
      const flaws = escaped(JSON.stringify(errors.slice(0, MAX_FLAWS_OF_A_ROW)));
      addProduct(product, rowNumber, { images: taken.length, flaws });
      for (const image of taken) addRejectedImage(image, rowNumber, errors[0]?.detail ?? '');
      return written();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
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
    add(line: string): void {
      waiting += line;
    },
    isFull: () => waiting.length > WRITE_AT,
    flush,
    async [Symbol.asyncDispose](): Promise<void> {
      await flush().finally(() => file.close());
    },
  };
}

/** '1' for each cell that is named, up to the last one. */
function marks(cells: number[]): string {
  const found = new Set(cells); // a row may have hundreds of thousands
  return Array.from({ length: (cells.at(-1) ?? -1) + 1 }, (_, i) => (found.has(i) ? '1' : '0')).join('');
}

const NULL = '\\N';
const NOW = 'now'; // PostgreSQL reads it as the time of its transaction
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string): string {
  return /[\\\n\r\t]/.test(text)
    ? text.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '')
    : text;
}
