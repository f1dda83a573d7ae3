import { signal } from '@preact/signals';
import { query, request } from '../../../api/request.ts';
import type { List, SheetImage } from '../../../api/types.ts';
import { connection } from '../../../app/connection.ts';
import type { SlotStates } from '../live/slot-states.ts';
import type { Slots } from './shown.ts';

const PAGE = 200;
const MOST_PAGES = 50;
const PAUSE_MS = 400;
const AGAIN_MS = 3_000;

/** `count`: how many places were asked for */
type Page = { images: Map<number, SheetImage>; count: number; loading: boolean; loadedAt: number };

/** Names, pictures and reasons of the images around what is seen, in pages of 200 places of the sheet. */
export class Details {
  /** counts what has arrived */
  readonly version = signal(0);
  readonly #path: string;
  readonly #slots: Slots;
  readonly #states: SlotStates;
  readonly #pages = new Map<number, Page>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(batchId: string, slots: Slots, states: SlotStates) {
    this.#path = `/v1/batches/${batchId}/sheet`;
    this.#slots = slots;
    this.#states = states;
  }

  at(index: number): SheetImage | undefined {
    return this.#pages.get(pageOf(index))?.images.get(this.#slots.slotAt(index));
  }

  /** The id of an image, also of one whose details are not there yet. */
  async idAt(index: number): Promise<string | undefined> {
    const known = this.at(index);
    if (known) return known.id;
    const search = query({ slots: this.#slots.slotAt(index), limit: 1 });
    const { items } = await request<List<SheetImage>>(this.#path + search);
    return items[0]?.id;
  }

  /** Fetches what is missing or older than its state. @param indexes of the frames in view, in order */
  need(indexes: readonly number[]): void {
    clearTimeout(this.#timer);
    for (const number of new Set(indexes.map(pageOf))) {
      const page = this.#pages.get(number);
      if (!page) void this.#load(number);
      else if (indexes.some((index) => pageOf(index) === number && this.#isStale(index, page)))
        this.#refresh(number, page, indexes);
    }
  }

  #isStale(index: number, page: Page): boolean {
    if (index % PAGE >= page.count) return true;
    const slot = this.#slots.slotAt(index);
    const state = this.#states.at(slot);
    return page.images.get(slot)?.state !== state && (state === 'completed' || state === 'failed');
  }

  /** Not more than about twice a second while a batch runs. */
  #refresh(number: number, page: Page, indexes: readonly number[]): void {
    const wait = page.loadedAt + PAUSE_MS - Date.now();
    if (page.loading) return;
    if (wait <= 0) void this.#load(number);
    else this.#timer = setTimeout(() => this.need(indexes), wait);
  }

  async #load(number: number): Promise<void> {
    const page = this.#pages.get(number) ?? {
      images: new Map<number, SheetImage>(),
      count: 0,
      loading: false,
      loadedAt: 0,
    };
    if (page.loading) return;
    page.loading = true;
    this.#keep(number, page);
    const count = Math.min(PAGE, this.#slots.count - number * PAGE);
    try {
      const { items } = await request<List<SheetImage>>(this.#path + this.#queryOf(number));
      for (const image of items) page.images.set(image.slot, image);
      Object.assign(page, { count, loadedAt: Date.now() });
      this.version.value += 1;
    } catch {
      if (page.images.size === 0) this.#pages.delete(number);
      // When the server is back, the states are read again, and lead to here.
      if (connection.peek().state === 'live') setTimeout(() => (this.version.value += 1), AGAIN_MS);
    } finally {
      page.loading = false;
    }
  }

  /** Failures are far apart: their slots are named, or each would cost a page of its neighbours. */
  #queryOf(number: number): string {
    const { count, isWhole, slotAt } = this.#slots;
    const first = number * PAGE;
    if (isWhole) return query({ from_slot: slotAt(first), limit: PAGE });
    const length = Math.min(PAGE, count - first);
    return query({ slots: Array.from({ length }, (_, i) => slotAt(first + i)).join(','), limit: PAGE });
  }

  /** The page used last stands last; the first are dropped. */
  #keep(number: number, page: Page): void {
    this.#pages.delete(number);
    this.#pages.set(number, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > MOST_PAGES && oldest !== undefined) this.#pages.delete(oldest);
  }
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE);
}
