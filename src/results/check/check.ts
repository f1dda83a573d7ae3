import type { RawBuilder } from 'kysely';
import type { CheckChoice } from '../../channels/check-query.ts';
import type { Channel } from '../../channels/rule.ts';
import { judgeOf, type Verdict } from '../../channels/verdict.ts';
import { columnKey } from '../../csv/header/columns.ts';
import type { Db } from '../../db/database.ts';
import { wrongParameter } from '../../http/flaws.ts';
import { type LookFacts, needsLooks, readLookFacts } from '../looks/look-facts.ts';
import type { BatchResults, ProductResult } from '../results.queries.ts';
import { readAhead } from '../read-ahead.ts';
import { KnownFiles } from './known-files.ts';
import { factsOf } from './picture-facts.ts';
import type { Picture, PictureProduct, PictureRow } from './picture.ts';
import { imagesOfSlots, type PictureChoice, readPictures } from './pictures.queries.ts';

/** A checked image. `verdicts`: one for each channel, in their order. */
export type CheckedPicture = { row: PictureRow; verdicts: Verdict[] };

export type CheckRequest = CheckChoice & { channels: readonly Channel[] };

/** A check of a batch by channels. It reads a page at a time, so that no snapshot stays open. */
export class BatchCheck {
  readonly results: BatchResults;
  readonly request: CheckRequest;
  readonly #db: Db;
  readonly #files: KnownFiles;
  readonly #choice: Omit<PictureChoice, 'isNamed'>;
  readonly #facts: ReturnType<typeof factsOf>;
  readonly #judges: ReturnType<typeof judgeOf>[];
  #looks: Promise<LookFacts> | undefined;

  /** @throws Problem `bad_request` if no image has the rendition */
  constructor(db: Db, results: BatchResults, request: CheckRequest, filesUrl: string) {
    const { of, rendition, channels, asOf } = request;
    refuseUnknown(rendition, results);
    this.#db = db;
    this.results = results;
    this.request = request;
    this.#files = new KnownFiles(db, results, { of, rendition });
    this.#choice = { categoryColumn: categoryColumn(results) };
    this.#facts = factsOf(results, request, filesUrl);
    this.#judges = channels.map((channel) => judgeOf(channel, asOf));
  }

  /** All images by slot, in pages. @param isNamed whether their products are named */
  pages({ isNamed }: { isNamed: boolean }): AsyncGenerator<CheckedPicture[]> {
    return readAhead(this.#reads(isNamed), READ_AHEAD);
  }

  *#reads(isNamed: boolean): Generator<() => Promise<CheckedPicture[]>> {
    for (let from = 1; from <= this.results.images; from += IMAGES_A_PAGE) {
      const slots = { from, to: from + IMAGES_A_PAGE };
      yield () => this.pageOf(imagesOfSlots(this.results, slots), isNamed);
    }
  }

  /** @param images a statement for rows of `images` */
  async pageOf(images: RawBuilder<unknown>, isNamed = false): Promise<CheckedPicture[]> {
    // The address of an output may hold names of its product.
    const choice = { ...this.#choice, isNamed: isNamed || this.request.of === 'output' };
    const rows = await readPictures(this.#db, this.results, images, choice);
    const judge = await this.#judging(rows);
    return rows.map((row) => ({ row, verdicts: judge(row) }));
  }

  /** Of products with the sources of their images, which are not read again. @returns verdicts of each product's images */
  async ofProducts(products: readonly ProductResult[]): Promise<Verdict[][][]> {
    const { categoryColumn: column } = this.#choice;
    const pictures = products.map(({ label, productName: name, cells, images }) => {
      const category = column === undefined ? null : cells[column];
      const product = { label, sku: null, name, category };
      return images.map((image) => pictureOf(image, product));
    });
    const judge = await this.#judging(pictures.flat());
    return pictures.map((ofProduct) => ofProduct.map(judge));
  }

  /** Finds the files of pictures. @returns what judges each of them */
  async #judging(pictures: readonly Picture[]): Promise<(picture: Picture) => Verdict[]> {
    const [looks] = await Promise.all([this.#lookFacts(), this.#files.addTo(pictures)]);
    return (picture) => {
      const facts = this.#facts(picture, looks);
      return this.#judges.map((judge) => judge(facts));
    };
  }

  /** Whether a rule asks for what is known when the pictures of the batch are compared, and they are not yet. */
  async isPending(): Promise<boolean> {
    return (await this.#lookFacts())?.isPending ?? false;
  }

  /** They are of the whole batch, so they are read once, and only for rules about them. */
  #lookFacts(): Promise<LookFacts> | undefined {
    const { channels, asOf } = this.request;
    if (!channels.some((channel) => needsLooks(channel, asOf))) return undefined;
    return (this.#looks ??= readLookFacts(this.#db, this.results));
  }

  /** Names of the renditions that are checked: several, if rows chose presets. */
  get renditions(): string[] {
    const { of, rendition } = this.request;
    if (of === 'source') return [];
    if (rendition !== undefined) return [rendition];
    return [...new Set(this.results.recipes.flatMap(({ renditions }) => renditions[0]?.name ?? []))];
  }
}

function pictureOf(
  {
    slot,
    setId: hash16,
    position,
    recipe,
    url,
    host,
    isPlaceholder: is_placeholder,
  }: ProductResult['images'][number],
  product: PictureProduct,
): Picture {
  return { slot, position, recipe, url, host, is_placeholder, hash16, product, file: undefined };
}

const IMAGES_A_PAGE = 2_000;
const READ_AHEAD = 2;

function refuseUnknown(rendition: string | undefined, { recipes }: BatchResults): void {
  const names = new Set(recipes.flatMap(({ renditions }) => renditions.map(({ name }) => name)));
  if (rendition !== undefined && !names.has(rendition))
    throw wrongParameter('rendition', `It must be one of ${[...names].join(', ')}.`);
}

const CATEGORY_KEYS = new Set(['googleproductcategory', 'ggoogleproductcategory', 'productcategorygoogle']);

/** `google_product_category`; Shopify writes `Google Shopping / Google Product Category`. */
function categoryColumn({ format }: BatchResults): number | undefined {
  const column = format.header.findIndex((name) => {
    const key = columnKey(name);
    return CATEGORY_KEYS.has(key) || key === 'googleshoppinggoogleproductcategory';
  });
  return column < 0 ? undefined : column;
}
