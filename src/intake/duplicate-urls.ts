import { hash } from 'node:crypto';

const [FIRST_CAPACITY, WORDS] = [2 ** 12, 4]; // an entry: 96 bits of a hash, and its slot
const FULLEST = 0.7;

/**
 * Remembers in which slot a text came first, for millions of texts: an open-addressing table of 16 bytes
 * an entry. A Map of strings takes three times as much, and the garbage collector walks through it.
 * 96 bits of SHA-256 stand for the text: of a hundred million, two share them with a chance of 1 in 10^13.
 * @returns the slot of the first text that was equal, or the one given when there was none
 */
export function createFirstSlots(): (text: string, slot: number) => number {
  let table = new Uint32Array(WORDS * FIRST_CAPACITY);
  let capacity = FIRST_CAPACITY;
  let count = 0;

  /** Where the key's entry is, or would be. */
  function offsetOf(key: Key): number {
    for (let entry = key[0] & (capacity - 1); ; entry = (entry + 1) & (capacity - 1)) {
      const at = WORDS * entry;
      if (table[at + 3] === 0) return at;
      if (table[at] === key[0] && table[at + 1] === key[1] && table[at + 2] === key[2]) return at;
    }
  }

  function grow(): void {
    const old = table;
    capacity *= 2;
    table = new Uint32Array(WORDS * capacity);
    for (let at = 0; at < old.length; at += WORDS) {
      const entry = old.subarray(at, at + WORDS);
      const [first = 0, second = 0, third = 0, slot = 0] = entry;
      if (slot !== 0) table.set(entry, offsetOf([first, second, third]));
    }
  }

  return (text, slot) => {
    const key = digestOf(text);
    const at = offsetOf(key);
    const first = table[at + 3] ?? 0;
    if (first !== 0) return first;
    table.set([...key, slot], at);
    count += 1;
    if (count > FULLEST * capacity) grow();
    return slot;
  };
}

type Key = [number, number, number];

function digestOf(text: string): Key {
  const digest = hash('sha256', text, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
}
