import { hash } from 'node:crypto';

const FIRST_CAPACITY = 2 ** 12;
const WORDS = 4; // per entry: 96 bits of a hash, and the slot
const MAX_LOAD = 0.7;

/**
 * Remembers the first slot of each text, for millions of texts: an open-addressing hash table of 16 bytes
 * per entry. A Map of strings takes three times the memory, which the garbage collector must also scan.
 * 96 bits of SHA-256 identify a text: among a hundred million texts, two collide with a probability of 1 in 10^13.
 */
export class FirstSlots {
  #table = new Uint32Array(WORDS * FIRST_CAPACITY);
  #capacity = FIRST_CAPACITY;
  #count = 0;

  /** The slot that the first equal text was given with; `slot` itself if there was none. */
  firstSlotOf(text: string, slot: number): number {
    const digest = digestOf(text);
    const at = this.#offsetOf(digest);
    const first = this.#table[at + 3] ?? 0;
    if (first !== 0) return first;
    this.#table.set([...digest, slot], at);
    this.#count += 1;
    if (this.#count > MAX_LOAD * this.#capacity) this.#grow();
    return slot;
  }

  /** Where the entry of a digest is, or where it would be inserted. */
  #offsetOf([a, b, c]: Digest): number {
    const table = this.#table;
    for (let entry = a & (this.#capacity - 1); ; entry = (entry + 1) & (this.#capacity - 1)) {
      const at = WORDS * entry;
      if (table[at + 3] === 0) return at;
      if (table[at] === a && table[at + 1] === b && table[at + 2] === c) return at;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#capacity *= 2;
    this.#table = new Uint32Array(WORDS * this.#capacity);
    for (let at = 0; at < old.length; at += WORDS) {
      const entry = old.subarray(at, at + WORDS);
      const [a = 0, b = 0, c = 0, slot = 0] = entry;
      if (slot !== 0) this.#table.set(entry, this.#offsetOf([a, b, c]));
    }
  }
}

type Digest = [number, number, number];

function digestOf(text: string): Digest {
  const digest = hash('sha256', text, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
}
