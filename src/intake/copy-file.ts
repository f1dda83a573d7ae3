import { type FileHandle, open } from 'node:fs/promises';

const ENCODE_AT = 16 * 1024; // characters: a longer text of many parts outlives collections of garbage
const WRITE_AT = 256 * 1024; // bytes
const CAPACITY = 2 * WRITE_AT;
const MOST_BYTES = 3; // of a UTF-16 code unit in UTF-8

/** A file of lines in COPY's text format (PostgreSQL manual, COPY: tabs between columns, backslash escapes). */
export class CopyFile implements AsyncDisposable {
  readonly #file: FileHandle;
  #text = ''; // of the last lines, which are not encoded yet
  #bytes = Buffer.allocUnsafeSlow(CAPACITY);
  #length = 0;
  #spare = Buffer.allocUnsafeSlow(CAPACITY); // is being written
  #writing: Promise<unknown> = Promise.resolve();

  static async create(path: string): Promise<CopyFile> {
    return new CopyFile(await open(path, 'wx'));
  }

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param line with its line end */
  add(line: string): void {
    this.#text += line;
    if (this.#text.length > ENCODE_AT) this.#encode();
  }

  /** Whether enough lines wait to be worth a write. */
  isFull(): boolean {
    return this.#length > WRITE_AT;
  }

  /** Begins to write, and waits only for the write before: meanwhile the next lines are made. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#encode();
    const [bytes, length] = [this.#bytes, this.#length];
    [this.#bytes, this.#spare, this.#length] = [this.#spare, bytes, 0];
    this.#writing = this.#file.writeFile(bytes.subarray(0, length));
    this.#writing.catch(() => {}); // the next flush throws it, or the end
  }

  #encode(): void {
    const needed = this.#length + MOST_BYTES * this.#text.length;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length += this.#bytes.write(this.#text, this.#length);
    this.#text = '';
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(2 * needed);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
      .then(() => this.#writing)
      .finally(() => this.#file.close());
  }
}

export const NULL = '\\N';
export const NOW = 'now'; // PostgreSQL reads it as the time of its transaction

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A value as COPY's text format writes it. */
export function escaped(text: string): string {
  return /[\\\n\r\t]/.test(text)
    ? text.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '')
    : text;
}
