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
  /** slots that completed while the page was open: their pictures develop */
  readonly fresh = new Set<number>();
  readAt: string | undefined;
  #bytes: Uint8Array;

  constructor(total: number) {
    this.total = total;
    this.#bytes = new Uint8Array(total);
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
      if (state === 'completed' && last - first < MOST_FRESH)
        for (let slot = first; slot <= last; slot += 1)
          if (this.at(slot) !== 'completed') this.fresh.add(slot);
      this.#bytes.fill(BYTE_OF[state], first - 1, last);
    }
    if (ranges.length > 0) this.version.value += 1;
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
    const wanted = new Set(states.map((state) => BYTE_OF[state]));
    const found: number[] = [];
    for (const [i, byte] of this.#bytes.entries()) if (wanted.has(byte)) found.push(i + 1);
    return Uint32Array.from(found);
  }

  /** The next slot in a state after another one; undefined if there is none. */
  next(state: ImageState, after: number): number | undefined {
    const found = this.#bytes.indexOf(BYTE_OF[state], after);
    return found < 0 ? undefined : found + 1;
  }

  /** Which states there are among slots `from` (included) to `to` (not included), as bits of their bytes. */
  mixOf(from: number, to: number): number {
    let mix = 0;
    for (let slot = from; slot < to; slot += 1) mix |= 1 << (this.#bytes[slot - 1] ?? 0);
    return mix;
  }
}

const MOST_FRESH = 200;
