import { signal } from '@preact/signals';
import type { ImageState } from '../../../api/types.ts';

/** A state as the byte that GET …/states answers for each slot. */
const STATES: readonly ImageState[] = ['pending', 'processing', 'completed', 'failed', 'cancelled'];
const BYTE_OF: Record<ImageState, number> = {
  pending: 0,
  processing: 1,
  completed: 2,
  failed: 3,
  cancelled: 4,
};

/** The state of each image of a batch, a byte a slot, and what has changed lately. */
export class SlotStates {
  readonly total: number;
  /** counts the changes: who shows states reads it */
  readonly version = signal(0);
  /** slots that completed just now: their pictures develop */
  readonly fresh = new Set<number>();
  readAt: string | undefined;
  #bytes: Uint8Array;

  constructor(total: number) {
    this.total = total;
    this.#bytes = new Uint8Array(total);
  }

  /** Whether they were read. */
  get isKnown(): boolean {
    return this.version.value > 0;
  }

  /** @param slot from 1 */
  at(slot: number): ImageState {
    return STATES[this.#bytes[slot - 1] ?? 0] ?? 'pending';
  }

  /** @param readAt the id of the event up to which they hold */
  replace(bytes: Uint8Array, readAt: string | undefined): void {
    this.#bytes = bytes;
    this.readAt = readAt;
    this.version.value += 1;
  }

  /** Ranges of slots with both ends, that are in a state now. */
  set(state: ImageState, ranges: readonly (readonly [first: number, last: number])[]): void {
    for (const [first, last] of ranges) {
      if (state === 'completed' && last - first < MOST_FRESH) this.#refresh(first, last);
      this.#bytes.fill(BYTE_OF[state], first - 1, last);
    }
    if (ranges.length > 0) this.version.value += 1;
  }

  /** They are fresh for some seconds: one who comes by later sees them as they are. */
  #refresh(first: number, last: number): void {
    const slots: number[] = [];
    for (let slot = first; slot <= last; slot += 1) if (this.at(slot) !== 'completed') slots.push(slot);
    for (const slot of slots) this.fresh.add(slot);
    setTimeout(() => slots.forEach((slot) => this.fresh.delete(slot)), FRESH_MS);
  }

  /** The slots in work are told as a whole: others that were in work wait again. */
  setProcessing(ranges: readonly (readonly [first: number, last: number])[]): void {
    for (
      let i = this.#bytes.indexOf(BYTE_OF.processing);
      i >= 0;
      i = this.#bytes.indexOf(BYTE_OF.processing, i)
    )
      this.#bytes[i] = BYTE_OF.pending;
    this.set('processing', ranges);
  }

  /** The slots in one of these states, in order. */
  slotsIn(states: readonly ImageState[]): Uint32Array {
    const wanted = STATES.map((state) => states.includes(state));
    const found = new Uint32Array(this.total);
    let count = 0;
    for (let i = 0; i < this.total; i += 1) if (wanted[this.#bytes[i] ?? 0]) found[count++] = i + 1;
    return found.slice(0, count);
  }

  /** The next slot in a state after another one; undefined if there is none. */
  next(state: ImageState, after: number): number | undefined {
    const found = this.#bytes.indexOf(BYTE_OF[state], after);
    return found < 0 ? undefined : found + 1;
  }

  /** How many of the slots `from` (included) to `to` (not included) are in each state. */
  countIn(from: number, to: number): Record<ImageState, number> {
    const counts = new Uint32Array(STATES.length);
    for (let i = from - 1; i < to - 1; i += 1) {
      const byte = this.#bytes[i] ?? 0;
      counts[byte] = (counts[byte] ?? 0) + 1;
    }
    const [pending = 0, processing = 0, completed = 0, failed = 0, cancelled = 0] = counts;
    return { pending, processing, completed, failed, cancelled };
  }
}

const MOST_FRESH = 200;
const FRESH_MS = 5_000;
