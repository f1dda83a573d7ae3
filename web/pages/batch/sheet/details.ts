import { signal } from '@preact/signals';
import { query, request } from '../../../api/request.ts';
import type { List, SheetImage } from '../../../api/types.ts';
import type { SlotStates } from '../live/slot-states.ts';

const PAGE = 200;
const MOST_PAGES = 50;
const PAUSE_MS = 400;

type Page = { images: Map<number, SheetImage>; loading: boolean; loadedAt: number };

/** Names, pictures and reasons of the images around what is seen, in pages of 200 slots. */
export class Details {
  /** counts what has arrived */
  readonly version = signal(0);
  readonly #path: string;
  readonly #states: SlotStates;
  readonly #pages = new Map<number, Page>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(batchId: string, states: SlotStates) {
    this.#path = `/v1/batches/${batchId}/sheet`;
    this.#states = states;
  }

  at(slot: number): SheetImage | undefined {
    return this.#pages.get(pageOf(slot))?.images.get(slot);
  }

  /** Fetches what is missing or older than its state. @param slots those in view, in order */
  need(slots: readonly number[]): void {
    clearTimeout(this.#timer);
    for (const number of new Set(slots.map(pageOf))) {
      const page = this.#pages.get(number);
      if (!page) void this.#load(number);
      else if (slots.some((slot) => pageOf(slot) === number && this.#isStale(slot, page)))
        this.#refresh(number, page, slots);
    }
  }

  #isStale(slot: number, page: Page): boolean {
    const state = this.#states.at(slot);
    return page.images.get(slot)?.state !== state && (state === 'completed' || state === 'failed');
  }

  /** Not more than about twice a second while a batch runs. */
  #refresh(number: number, page: Page, slots: readonly number[]): void {
    const wait = page.loadedAt + PAUSE_MS - Date.now();
    if (page.loading) return;
    if (wait <= 0) void this.#load(number);
    else this.#timer = setTimeout(() => this.need(slots), wait);
  }

  async #load(number: number): Promise<void> {
    const page = this.#pages.get(number) ?? {
      images: new Map<number, SheetImage>(),
      loading: false,
      loadedAt: 0,
    };
    if (page.loading) return;
    page.loading = true;
    this.#keep(number, page);
    const from = number * PAGE + 1;
    try {
      const { items } = await request<List<SheetImage>>(this.#path + query({ from_slot: from, limit: PAGE }));
      for (const image of items) if (image.slot < from + PAGE) page.images.set(image.slot, image);
      page.loadedAt = Date.now();
    } catch {
      if (page.images.size === 0) this.#pages.delete(number); // asked again on the next look
    } finally {
      page.loading = false;
      this.version.value += 1;
    }
  }

  /** The page used last stands last; the first are dropped. */
  #keep(number: number, page: Page): void {
    this.#pages.delete(number);
    this.#pages.set(number, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > MOST_PAGES && oldest !== undefined) this.#pages.delete(oldest);
  }
}

function pageOf(slot: number): number {
  return Math.floor((slot - 1) / PAGE);
}
