import { Problem } from '../errors.ts';

type Sizes = { bytes: number; compressedBytes: number };

// DEFLATE compresses up to 1032:1; sheets of real workbooks reach 30:1, and pictures about 1:1.
const MAX_RATIO = 200;
const SMALL_BYTES = 16 * 2 ** 20; // below this, the ratio does not matter

/** How many bytes may still be inflated, of all parts of a ZIP together. Sizes that a ZIP says of itself may be wrong. */
export class InflateBudget {
  #left: number;
  readonly #total: number;

  constructor(bytes: number) {
    this.#left = bytes;
    this.#total = bytes;
  }

  /** Refuses a part that says itself that it is too large. @throws Problem `csv_invalid`: `file_too_complex` */
  begin({ bytes, compressedBytes }: Sizes): { spend(bytes: number): void } {
    this.#check(bytes, { bytes, compressedBytes });
    let inflated = 0;
    return {
      spend: (chunk) => {
        inflated += chunk;
        this.#left -= chunk;
        this.#check(0, { bytes: inflated, compressedBytes });
      },
    };
  }

  #check(more: number, { bytes, compressedBytes }: Sizes): void {
    const isBomb = bytes > SMALL_BYTES && bytes > MAX_RATIO * compressedBytes;
    if (!isBomb && more <= this.#left) return;
    const detail = isBomb
      ? `The file unpacks to more than ${MAX_RATIO} times its size, as a ZIP bomb does.`
      : `The file unpacks to more than ${Math.floor(this.#total / 2 ** 20)} MiB.`;
    throw new Problem('csv_invalid', { detail, flaws: [{ line: 1, code: 'file_too_complex', detail }] });
  }
}
