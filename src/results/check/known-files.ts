import { sql } from 'kysely';
import type { BatchKey } from '../../batches/batch.ts';
import type { Db } from '../../db/database.ts';
import { pageOfSlot, readPage, type SlotContent } from '../../pipeline/content-page.ts';
import type { PictureFile, PictureSlot } from './picture.ts';
import { type FileChoice, readFiles } from './pictures.queries.ts';

type Page = ReadonlyMap<number, SlotContent>;

const KEPT_PAGES = 4;
const FEW = 100; // for fewer slots of a page, the whole page is not worth reading

/** Finds the files of a batch's pictures. Of sources, most stand in pages (work/looks/); what does not is looked up. */
export class KnownFiles {
  readonly #db: Db;
  readonly #batch: BatchKey;
  readonly #choice: FileChoice;
  /** the latest ones: products do not end where pages do */
  readonly #pages = new Map<number, Promise<Page>>();

  constructor(db: Db, batch: BatchKey, choice: FileChoice) {
    this.#db = db;
    this.#batch = batch;
    this.#choice = choice;
  }

  /** Sets `file` of each that has one. */
  async addTo(pictures: readonly PictureSlot[]): Promise<void> {
    if (this.#choice.of === 'source') await this.#addFromPages(pictures);
    const left = pictures.filter(({ file, hash16 }) => file === undefined && hash16 !== null);
    if (left.length === 0) return;
    const hashes = new Set(left.flatMap(({ hash16 }) => hash16 ?? []));
    const files = await readFiles(this.#db, this.#batch, [...hashes], this.#choice);
    for (const picture of left) picture.file = files.get(picture.hash16 ?? '');
  }

  async #addFromPages(pictures: readonly PictureSlot[]): Promise<void> {
    const byPage = Map.groupBy(pictures, ({ slot }) => pageOfSlot(slot));
    await Promise.all(
      Array.from(byPage, async ([number, ofPage]) => {
        if (ofPage.length < FEW && !this.#pages.has(number)) return;
        const page = await this.#page(number);
        for (const picture of ofPage) picture.file = fileOf(picture, page);
      }),
    );
  }

  #page(number: number): Promise<Page> {
    const known = this.#pages.get(number);
    if (known) return known;
    const page = readFacts(this.#db, this.#batch, number);
    this.#pages.set(number, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > KEPT_PAGES && oldest !== undefined) this.#pages.delete(oldest);
    return page;
  }
}

function fileOf({ slot, hash16 }: PictureSlot, page: Page): PictureFile | undefined {
  const known = page.get(slot);
  return known && known.hash16 === hash16 ? { ...known.content, ordinal: 1 } : undefined;
}

async function readFacts(db: Db, { tenantId, batchId }: BatchKey, page: number): Promise<Page> {
  const { rows } = await sql<{ facts: string }>`
    select facts from batch_facts
    where tenant_id = ${tenantId} and batch_id = ${batchId} and page = ${page}`.execute(db);
  return rows[0] ? readPage(rows[0].facts) : new Map();
}
