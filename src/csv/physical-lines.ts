const LF = 0x0a;
const CR = 0x0d;

/**
 * The lines of a file as bytes, read forwards. LF, CRLF and CR end a line, as records.ts counts them; in every
 * encoding that can be decoded here but UTF-16, these bytes are never a part of another character.
 */
export class PhysicalLines {
  readonly #chunks: AsyncIterator<Buffer>;
  /** offsets of the two bytes of a UTF-16 code unit; undefined where a unit is one byte */
  readonly #unit: { low: 0 | 1; high: 0 | 1 } | undefined;
  /** bytes of a unit */
  readonly #step: 1 | 2;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #line = 1;
  /** whether a CR was the last unit of the chunk before: an LF may belong to it */
  #isAfterCr = false;

  constructor(chunks: AsyncIterable<Buffer>, encoding: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    if (encoding === 'utf-16le') this.#unit = { low: 0, high: 1 };
    if (encoding === 'utf-16be') this.#unit = { low: 1, high: 0 };
    this.#step = this.#unit ? 2 : 1;
  }

  /**
   * Hands on the bytes of some lines, with their line ends. Lines before them that were not read are left out.
   * @param from the first line, from 1; not before a line that was read
   * @param to the line after the last one
   */
  async copy(from: number, to: number, write: (bytes: Buffer) => void): Promise<void> {
    await this.#upTo(from, () => {});
    await this.#upTo(to, write);
  }

  /** It waits only for further chunks: a promise for each of a million rows costs seconds. */
  async #upTo(line: number, write: (bytes: Buffer) => void): Promise<void> {
    while (this.#line < line) {
      if (this.#chunk.length - this.#at < this.#step && !(await this.#fill())) return;
      const begin = this.#at;
      while (this.#line < line && this.#chunk.length - this.#at >= this.#step) this.#advance();
      write(this.#chunk.subarray(begin, this.#at));
    }
  }

  async #fill(): Promise<boolean> {
    const rest = this.#chunk.subarray(this.#at); // half of a code unit, or nothing
    const { value, done } = await this.#chunks.next();
    if (done) return false;
    this.#chunk = rest.length > 0 ? Buffer.concat([rest, value]) : value;
    this.#at = 0;
    return true;
  }

  /** Moves over one unit, or over none where a line that ended with CR alone turns out to be over. */
  #advance(): void {
    const unit = this.#unitAt(this.#at);
    if (this.#isAfterCr && unit !== LF) {
      this.#isAfterCr = false;
      this.#line += 1;
      return;
    }
    if (unit === LF) this.#line += 1;
    this.#isAfterCr = unit === CR;
    this.#at += this.#step;
  }

  #unitAt(at: number): number {
    const chunk = this.#chunk;
    if (!this.#unit) return chunk[at] ?? 0;
    return ((chunk[at + this.#unit.high] ?? 0) << 8) | (chunk[at + this.#unit.low] ?? 0);
  }
}
