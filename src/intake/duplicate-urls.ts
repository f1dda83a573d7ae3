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
    this.#set(at, digest, slot);
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

  #set(at: number, [a, b, c]: Digest, slot: number): void {
    const table = this.#table;
    table[at] = a;
    table[at + 1] = b;
    table[at + 2] = c;
    table[at + 3] = slot;
  }

  #grow(): void {
    const old = this.#table;
    this.#capacity *= 2;
    this.#table = new Uint32Array(WORDS * this.#capacity);
    for (let at = 0; at < old.length; at += WORDS) {
      const slot = old[at + 3] ?? 0;
      if (slot === 0) continue;
      const digest: Digest = [old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0];
      this.#set(this.#offsetOf(digest), digest, slot);
    }
  }
}

type Digest = [number, number, number];

/** From a text of bytes: to make a Buffer for each of a million URLs takes longer than to hash them. */
function digestOf(text: string): Digest {
  const bytes = hash('sha256', text, 'latin1');
  return [wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8)];
}

function wordAt(bytes: string, at: number): number {
  const low = bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8);
  return (low | (bytes.charCodeAt(at + 2) << 16) | (bytes.charCodeAt(at + 3) << 24)) >>> 0;
}
