import type { Looks } from '../../pipeline/look-groups.ts';

import { namesPlaceholder } from './placeholder-names.ts';

/** A completed image as it counts for groups. */
export type ReadImage = {
  slot: number;
  row_number: number;
  host: string;
  url: string;
  sha256: Buffer;
  /** 32 bytes; null: it is not measured, or has no structure */
  look: Buffer | null;
  blue: number | null;
  red: number | null;
  /** it shows nothing, or nearly nothing */
  is_empty: boolean;
  /** it is drawn with few colours */
  is_drawn: boolean;
};

const SHA_BYTES = 32;
const WORDS = 8;
const NONE = -1;

/**
 * The images of a batch and their distinct contents, as columns: 100 bytes an image at most. Contents are numbered from
 * 0, in the order of the first slot that has them.
 */
export class BatchContents {
  count = 0;
  /** of each slot, from 1: its content; -1: it has none */
  readonly contentOf: Int32Array;
  readonly rowOf: Int32Array;
  /** of each content: how many images have it, and its first slot */
  readonly images: Uint32Array;
  readonly firstSlots: Int32Array;
  readonly isEmpty: Uint8Array;
  readonly isDrawn: Uint8Array;
  readonly isNamed: Uint8Array;
  readonly #sha256: Uint8Array;
  readonly #hasLook: Uint8Array;
  readonly #hashes: Uint32Array;
  readonly #chroma: Int16Array;
  readonly #hosts: Int32Array;
  readonly #hostNames: string[] = [];
  readonly #hostNumbers = new Map<string, number>();
  /** open addressing: contents by their SHA-256 */
  readonly #table: Int32Array;

  /** @param slots how many the batch has */
  constructor(slots: number) {
    this.contentOf = new Int32Array(slots + 1).fill(NONE);
    this.rowOf = new Int32Array(slots + 1);
    this.images = new Uint32Array(slots);
    this.firstSlots = new Int32Array(slots);
    this.isEmpty = new Uint8Array(slots);
    this.isDrawn = new Uint8Array(slots);
    this.isNamed = new Uint8Array(slots);
    this.#sha256 = new Uint8Array(slots * SHA_BYTES);
    this.#hasLook = new Uint8Array(slots);
    this.#hashes = new Uint32Array(slots * WORDS);
    this.#chroma = new Int16Array(slots * 2);
    this.#hosts = new Int32Array(slots);
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(2 * slots + 2))).fill(NONE);
  }

  add(image: ReadImage): void {
    const content = this.#find(image) ?? this.#insert(image);
    this.contentOf[image.slot] = content;
    this.rowOf[image.slot] = image.row_number;
    this.images[content] = (this.images[content] ?? 0) + 1;
    if (namesPlaceholder(image.url)) this.isNamed[content] = 1;
    if (this.#hosts[content] !== this.#hostNumber(image.host)) this.#hosts[content] = NONE;
  }

  sha256Of(content: number): Buffer {
    return Buffer.from(this.#sha256.subarray(content * SHA_BYTES, (content + 1) * SHA_BYTES));
  }

  /** 64 hexadecimal digits. */
  lookOf(content: number): string | null {
    if (this.#hasLook[content] === 0) return null;
    const words = this.#hashes.subarray(content * WORDS, (content + 1) * WORDS);
    return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  }

  chromaOf(content: number): [blue: number, red: number] | null {
    if (this.#hasLook[content] === 0) return null;
    return [(this.#chroma[2 * content] ?? 0) / 10, (this.#chroma[2 * content + 1] ?? 0) / 10];
  }

  /** Of all URLs of a content; '' for local files, undefined for several. */
  hostOf(content: number): string | undefined {
    return this.#hostNames[this.#hosts[content] ?? NONE];
  }

  /** The contents with a look, numbered anew. `contents`: the old number of each. */
  looks(): Looks & { contents: Int32Array } {
    const contents = Int32Array.from({ length: this.count }, (_, i) => i).filter(
      (i) => this.#hasLook[i] === 1,
    );
    const { length: count } = contents;
    const hashes = new Uint32Array(count * WORDS);
    const chroma = new Int16Array(count * 2);
    for (const [i, content] of contents.entries()) {
      hashes.set(this.#hashes.subarray(content * WORDS, (content + 1) * WORDS), i * WORDS);
      chroma.set(this.#chroma.subarray(content * 2, content * 2 + 2), i * 2);
    }
    const images = Uint32Array.from(contents, (content) => this.images[content] ?? 0);
    return { count, hashes, chroma, images, contents };
  }

  #find({ sha256 }: ReadImage): number | undefined {
    const content = this.#table[this.#placeOf(sha256)] ?? NONE;
    return content === NONE ? undefined : content;
  }

  /** Where a content is in the table, or would be. */
  #placeOf(sha256: Buffer): number {
    const mask = this.#table.length - 1;
    for (let place = sha256.readUInt32LE(0) & mask; ; place = (place + 1) & mask) {
      const content = this.#table[place] ?? NONE;
      if (content === NONE) return place;
      const at = content * SHA_BYTES;
      if (sha256.equals(this.#sha256.subarray(at, at + SHA_BYTES))) return place;
    }
  }

  #insert({ slot, sha256, look, blue, red, host, is_empty, is_drawn }: ReadImage): number {
    const content = this.count;
    this.count += 1;
    this.#table[this.#placeOf(sha256)] = content;
    this.#sha256.set(sha256, content * SHA_BYTES);
    this.firstSlots[content] = slot;
    this.isEmpty[content] = Number(is_empty);
    this.isDrawn[content] = Number(is_drawn);
    this.#hosts[content] = this.#hostNumber(host);
    if (!look) return content;
    this.#hasLook[content] = 1;
    for (let word = 0; word < WORDS; word += 1)
      this.#hashes[content * WORDS + word] = look.readUInt32BE(4 * word);
    this.#chroma[2 * content] = Math.round(10 * (blue ?? 0));
    this.#chroma[2 * content + 1] = Math.round(10 * (red ?? 0));
    return content;
  }

  #hostNumber(host: string): number {
    const known = this.#hostNumbers.get(host);
    if (known !== undefined) return known;
    this.#hostNumbers.set(host, this.#hostNames.length);
    return this.#hostNames.push(host) - 1;
  }
}
