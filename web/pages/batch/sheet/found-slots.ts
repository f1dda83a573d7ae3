import { signal } from '@preact/signals';
import { request } from '../../../api/request.ts';
import type { Batch, List } from '../../../api/types.ts';
import type { Slots } from './shown.ts';

const PAGE = 200;
/** so many places before its end, the list goes on */
const AHEAD = 100;
const MOST_KEPT = 3;
/** Verdicts and groups change until the pictures of a batch are compared, soon after its end. */
const SETTLED_AFTER_MS = 60_000;

/** Of batches that have ended, so that Back from an image leads to the same place at once. */
const kept = new Map<string, FoundSlots>();

/** After a mark, other slots are found. */
export function forgetFound(): void {
  kept.clear();
}

/** Slots that only the server can find, such as those that do not meet a rule. They are read as one scrolls. */
export class FoundSlots implements Slots {
  /** counts what has arrived */
  readonly version = signal(0);
  readonly isWhole = false;
  error: Error | undefined;
  readonly #path: string;
  readonly #slots: number[] = [];
  /** null: there are no more */
  #next: string | null | undefined;
  #isReading = false;

  constructor(batchId: string, search: string) {
    this.#path = `/v1/batches/${batchId}/sheet?limit=${PAGE}&${search}`;
  }

  static of({ id, ended_at }: Batch, search: string): FoundSlots {
    const key = `${id} ${ended_at} ${search}`;
    const found = kept.get(key) ?? new FoundSlots(id, search);
    kept.delete(key);
    const isSettled = ended_at !== null && Date.parse(ended_at) < Date.now() - SETTLED_AFTER_MS;
    if (isSettled) kept.set(key, found);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return found;
  }

  get count(): number {
    return this.#slots.length;
  }

  get isComplete(): boolean {
    return this.#next === null;
  }

  readonly slotAt = (index: number): number => this.#slots[index] ?? 0;

  readonly indexOf = (slot: number): number => {
    const index = this.#slots.findIndex((one) => one >= slot);
    return index < 0 ? Math.max(0, this.count - 1) : index;
  };

  /** Reads on where the end is near. @param index the last one in view */
  need(index: number): void {
    if (this.isComplete || this.error || index < this.count - AHEAD) return;
    void this.read();
  }

  async read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const cursor = this.#next ? `&cursor=${encodeURIComponent(this.#next)}` : '';
    try {
      const page = await request<List<{ slot: number }>>(this.#path + cursor);
      this.#slots.push(...page.items.map(({ slot }) => slot));
      this.#next = page.next_cursor;
      this.error = undefined;
    } catch (error) {
      this.error = error as Error;
    } finally {
      this.#isReading = false;
      this.version.value += 1;
    }
  }
}
