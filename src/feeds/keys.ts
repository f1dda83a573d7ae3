import type { Flaw } from '../errors.ts';

const HEADER_ROWS = 1_000;
const HEADER_CHARACTERS = 4 * 2 ** 20; // bounds the memory of rows that wait for the header

// More than a header may have, so such a table is refused; the rest of its keys would only take memory.
const MAX_KEYS = 1_000;
const MAX_UNKNOWN = 100;

/**
 * The columns of a table whose rows name their cells: a column per key of the first rows, in the order of first
 * occurrence.
 */
export class Keys {
  readonly names: string[] = [];
  /** the names as JSON writes them */
  readonly written: string[] = [];
  readonly #blank: string[] = [];
  readonly #columns = new Map<string, number>();
  readonly #unknown = new Map<string, { line: number; row: number }>();
  #rows = 0;
  #filledRows = 0;
  #characters = 0;

  /** The column of a key, -1 for a key without one. @param line where its row begins */
  columnOf(key: string, line: number): number {
    return this.#columns.get(key) ?? this.#add(key, line);
  }

  /** A row of empty cells. */
  blankRow(): string[] {
    return this.#blank.slice();
  }

  /** Whether keys that did not occur before get no column any more. */
  get isClosed(): boolean {
    return this.#rows >= HEADER_ROWS || this.#characters >= HEADER_CHARACTERS;
  }

  /**
   * Counts a row that was read. The columns must not depend on how much of the file arrives at a time.
   * @returns whether it holds anything: if not, it is left out
   */
  count(cells: string[]): boolean {
    if (!this.isClosed) {
      this.#rows += 1;
      for (const cell of cells) this.#characters += cell.length;
    }
    const isFilled = cells.some((cell) => cell !== '' && cell.trim() !== '');
    if (isFilled) this.#filledRows += 1;
    return isFilled;
  }

  /** A warning per key that occurred too late. @param isOneLine whether rows are told by their number */
  unknown(isOneLine: boolean): Flaw[] {
    return Array.from(this.#unknown, ([key, { line, row }]) => ({
      line: isOneLine ? row : line,
      code: 'unknown_key',
      detail: `The key "${key.slice(0, 60)}" occurs here first, behind the rows that give the columns, so its values are left out. Give it in one of the first 1,000 rows, also if it is empty there.`,
    }));
  }

  #add(key: string, line: number): number {
    if (this.isClosed) {
      if (this.#unknown.size < MAX_UNKNOWN && !this.#unknown.has(key))
        this.#unknown.set(key, { line, row: this.#filledRows + 1 });
      return -1;
    }
    if (this.names.length >= MAX_KEYS) return -1;
    this.#columns.set(key, this.names.length);
    this.written.push(JSON.stringify(key));
    this.#blank.push('');
    return this.names.push(key) - 1;
  }
}
