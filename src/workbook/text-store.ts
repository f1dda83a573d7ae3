import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK_BYTES = 256 * 1024; // the longest text, of 64 K characters, has 192 K bytes
const MAX_BLOCKS_IN_MEMORY = 32;

// A block returns into memory when this many of its texts are needed one after another. Texts are mostly needed in
// their order; where they are not, a block would be read for each of them.
const WORTH_READING = 8;

/**
 * Texts by their number, in blocks of bytes. When there are more than 8 MB, blocks go to a file. It reads and writes
 * synchronously, because a text is needed for each cell, and few of them are not in memory.
 */
export class TextStore {
  readonly #folder: string;
  readonly #starts: Uint32Array;
  readonly #lengths: Uint32Array;
  /** those in memory by number, the one that came first is the first to go */
  readonly #blocks = new Map<number, Buffer>();
  readonly #written = new Set<number>();
  #current: Buffer = Buffer.alloc(0);
  #currentNumber = -1;
  #used = BLOCK_BYTES + 1; // there is no block yet, not even for an empty text
  #missed = -1;
  #misses = 0;
  #count = 0;
  #fd: number | undefined;

  constructor(folder: string, maxTexts: number) {
    this.#folder = folder;
    const reserved = { maxByteLength: 4 * maxTexts }; // of addresses: memory is used as it is written
    this.#starts = new Uint32Array(new ArrayBuffer(0, reserved));
    this.#lengths = new Uint32Array(new ArrayBuffer(0, reserved));
  }

  get count(): number {
    return this.#count;
  }

  add(text: string): void {
    if (this.#used + 3 * text.length > BLOCK_BYTES && this.#used + Buffer.byteLength(text) > BLOCK_BYTES)
      this.#beginBlock();
    const bytes = this.#current.write(text, this.#used);
    this.#makeRoom();
    this.#starts[this.#count] = this.#currentNumber * BLOCK_BYTES + this.#used;
    this.#lengths[this.#count] = bytes;
    this.#used += bytes;
    this.#count += 1;
  }

  /** undefined: there is none of this number */
  get(number: number): string | undefined {
    const start = this.#starts[number];
    const length = this.#lengths[number];
    if (start === undefined || length === undefined || number >= this.#count) return undefined;
    const block = this.#blockOf(Math.floor(start / BLOCK_BYTES));
    if (!block) return this.#read(start, length).toString();
    const from = start % BLOCK_BYTES;
    return block.toString('utf8', from, from + length);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#blocks.clear();
  }

  #makeRoom(): void {
    for (const { buffer, byteLength } of [this.#starts, this.#lengths]) {
      if (byteLength > 4 * this.#count) continue;
      const wanted = Math.max(64 * 1024, 2 * byteLength);
      (buffer as ArrayBuffer).resize(Math.min((buffer as ArrayBuffer).maxByteLength, wanted));
    }
  }

  #beginBlock(): void {
    this.#current = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#currentNumber += 1;
    this.#used = 0;
    this.#hold(this.#currentNumber, this.#current);
  }

  /** undefined: it is not worth reading */
  #blockOf(number: number): Buffer | undefined {
    const held = this.#blocks.get(number);
    if (held) return held;
    this.#misses = number === this.#missed ? this.#misses + 1 : 1;
    this.#missed = number;
    if (this.#misses < WORTH_READING) return undefined;
    const block = this.#read(number * BLOCK_BYTES, BLOCK_BYTES);
    this.#hold(number, block);
    return block;
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    readSync(this.#file(), bytes, 0, length, position);
    return bytes;
  }

  /** Keeps a block in memory, and writes the oldest one into the file if there are too many. */
  #hold(number: number, block: Buffer): void {
    this.#blocks.set(number, block);
    if (this.#blocks.size <= MAX_BLOCKS_IN_MEMORY) return;
    for (const [oldest, content] of this.#blocks) {
      if (oldest === this.#currentNumber) continue; // it still grows
      this.#blocks.delete(oldest);
      if (!this.#written.has(oldest)) writeSync(this.#file(), content, 0, BLOCK_BYTES, oldest * BLOCK_BYTES);
      this.#written.add(oldest);
      break;
    }
  }

  #file(): number {
    if (this.#fd !== undefined) return this.#fd;
    const path = join(this.#folder, `texts-${randomUUID()}`);
    this.#fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return this.#fd;
  }
}
