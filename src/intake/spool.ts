import { join } from 'node:path';
import { newUuid } from '../ids.ts';
import { CopyFile, escaped, NOW, NULL } from './copy-file.ts';
import { FirstSlots } from './duplicate-urls.ts';
import { recipeNumber } from './recipe-numbers.ts';
import { RowOptionNumbers } from './row-option-numbers.ts';
import type { RowOptions } from './row-options.ts';
import type { CheckedRow, ProductRow, RowImage } from './rows.ts';

/** Files in COPY's text format. accept.ts names their columns. */
export type SpoolFiles = { products: string; images: string; rejectedImages: string };

export type SpoolRules = {
  tenantId: number;
  batchId: string;
  /** an existing folder, for the files */
  folder: string;
  /** whether main images have a preset of their own */
  hasMainPreset: boolean;
};

const MAX_FLAWS_OF_A_ROW = 20;
const MAX_IMAGES_OF_A_REJECTED_ROW = 50;

/** Writes the rows of an upload into files, from which they are copied into the tables. */
export class Spool implements AsyncDisposable {
  readonly files: SpoolFiles;
  readonly #batch: string; // the first columns of a product
  readonly #tenantId: number;
  readonly #batchId: string;
  readonly #hasMainPreset: boolean;
  readonly #open = new AsyncDisposableStack();
  readonly #products: CopyFile;
  readonly #images: CopyFile;
  readonly #rejectedImages: CopyFile;
  readonly #firstSlots = new FirstSlots();
  readonly #rowOptions = new RowOptionNumbers();
  readonly #rejected: Record<string, number> = {};
  #slot = 0;

  static async open(rules: SpoolRules): Promise<Spool> {
    const file = (name: string): string => join(rules.folder, `${name}.copy`);
    const files = {
      products: file('products'),
      images: file('images'),
      rejectedImages: file('rejected-images'),
    };
    await using stack = new AsyncDisposableStack();
    const products = stack.use(await CopyFile.create(files.products));
    const images = stack.use(await CopyFile.create(files.images));
    const rejectedImages = stack.use(await CopyFile.create(files.rejectedImages));
    const spool = new Spool(rules, files, { products, images, rejectedImages });
    stack.move(); // the spool closes the files
    return spool;
  }

  private constructor(
    { tenantId, batchId, hasMainPreset }: SpoolRules,
    files: SpoolFiles,
    { products, images, rejectedImages }: Record<keyof SpoolFiles, CopyFile>,
  ) {
    this.files = files;
    this.#batch = `${tenantId}\t${batchId}`;
    this.#tenantId = tenantId;
    this.#batchId = batchId;
    this.#hasMainPreset = hasMainPreset;
    this.#products = this.#open.use(products);
    this.#images = this.#open.use(images);
    this.#rejectedImages = this.#open.use(rejectedImages);
  }

  /** How many images there are so far. */
  get images(): number {
    return this.#slot;
  }

  /** How many of them were rejected, by error code. */
  get rejected(): Record<string, number> {
    return this.#rejected;
  }

  /** The different combinations of row options; the first one chooses nothing. See recipe-numbers.ts. */
  get rowOptions(): RowOptions[] {
    return this.#rowOptions.all();
  }

  /** @returns a promise when a file has to be written; @throws Problem `csv_invalid`: `too_many_choices` */
  add(product: ProductRow, rowNumber: number): Promise<void> | void {
    const combination = this.#rowOptions.numberOf(product);
    this.#addProduct(product, rowNumber, { images: product.images.length, flaws: NULL });
    for (const image of product.images) this.#addImage(image, rowNumber, combination);
    return this.#written();
  }

  /** Keeps a row with errors as a failed one; its images have failed without being downloaded. */
  reject({ product, errors }: CheckedRow, rowNumber: number): Promise<void> | void {
    const kept = product.images.slice(0, MAX_IMAGES_OF_A_REJECTED_ROW);
    const flaws = escaped(JSON.stringify(errors.slice(0, MAX_FLAWS_OF_A_ROW)));
    this.#addProduct(product, rowNumber, { images: kept.length, flaws });
    for (const image of kept) this.#addRejectedImage(image, rowNumber, errors[0]?.detail ?? '');
    return this.#written();
  }

  #addProduct(product: ProductRow, rowNumber: number, rest: { images: number; flaws: string }): void {
    const { line, name, sku, serial, cells, quoted } = product;
    const label = sku ?? serial ?? String(rowNumber);
    this.#products.add(
      `${this.#batch}\t${rowNumber}\t${line}\t${escaped(name)}\t${escaped(label)}\t${sku === undefined ? NULL : escaped(sku)}` +
        `\t${escaped(JSON.stringify(cells))}\t${this.#slot + 1}\t${rest.images}\t${rest.flaws}\t${quoted ? marks(quoted) : NULL}\n`,
    );
  }

  /** Gives an image the next slot. The first image with its URL and recipe is its lead image. */
  #addImage({ position, url, host }: RowImage, rowNumber: number, combination: number): void {
    this.#slot += 1;
    const recipe = recipeNumber(combination, position, this.#hasMainPreset);
    const lead = this.#firstSlots.firstSlotOf(recipe === 0 ? url : `${recipe} ${url}`, this.#slot);
    this.#images.add(
      `${this.#tenantId}\t${newUuid()}\t${this.#batchId}\t${this.#slot}\t${rowNumber}\t${position}\t${escaped(url)}\t${escaped(host)}\t${recipe}\t${lead}\n`,
    );
  }

  #addRejectedImage({ position, url, flaw }: RowImage, rowNumber: number, why: string): void {
    this.#slot += 1;
    const code = flaw?.code ?? 'row_rejected'; // flaws of slots have codes of images
    this.#rejected[code] = (this.#rejected[code] ?? 0) + 1;
    const recipe = recipeNumber(0, position, this.#hasMainPreset);
    this.#rejectedImages.add(
      `${this.#tenantId}\t${newUuid()}\t${this.#batchId}\t${this.#slot}\t${rowNumber}\t${position}\t${escaped(url)}\t\t${recipe}\t${this.#slot}` +
        `\tfailed\t${code}\t${escaped(flaw?.detail ?? why)}\t${NOW}\n`,
    );
  }

  /** Undefined while nothing has to be written: a promise for each of a million rows costs a second. */
  #written(): Promise<void> | undefined {
    const full = [this.#products, this.#images, this.#rejectedImages].filter((file) => file.isFull());
    return full.length === 0 ? undefined : Promise.all(full.map((file) => file.flush())).then(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#open.disposeAsync();
  }
}

/** '1' for each cell that is listed and '0' for others, up to the last one listed. */
function marks(cells: number[]): string {
  let text = '';
  for (const cell of cells) text += `${'0'.repeat(cell - text.length)}1`;
  return text;
}
