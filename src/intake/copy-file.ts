import { type FileHandle, open } from 'node:fs/promises';

const WRITE_AT = 256 * 1024; // characters

/** A file of lines in COPY's text format (PostgreSQL manual, COPY: tabs between columns, backslash escapes). */
export class CopyFile implements AsyncDisposable {
  readonly #file: FileHandle;
  #waiting = '';
  #writing: Promise<void> = Promise.resolve();

  static async create(path: string): Promise<CopyFile> {
    return new CopyFile(await open(path, 'wx'));
  }

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param line with its line end */
  add(line: string): void {
    this.#waiting += line;
  }

  /** Whether enough lines wait to be worth a write. */
  isFull(): boolean {
    return this.#waiting.length > WRITE_AT;
  }

  /** Begins to write, and waits only for the write before: meanwhile the next lines are made. */
  async flush(): Promise<void> {
    const before = this.#writing;
    const text = this.#waiting;
    this.#waiting = '';
    this.#writing = before.then(() => (text === '' ? undefined : this.#file.writeFile(text)));
    this.#writing.catch(() => {}); // it is told by the next flush, or at the end
    await before;
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
