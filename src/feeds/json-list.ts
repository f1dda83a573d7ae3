/** Finds the array of objects within an object: `{"products": [{…}, {…}], "total": 2}`, also deeper. */
import { MAX_ROW_CHARACTERS, type JsonSource } from './json-source.ts';

/** Whether the file is a single object. Two objects are rows, whatever they hold; a longer one cannot be a row. */
export async function isSingle(source: JsonSource): Promise<boolean> {
  const { scanner } = source;
  for (;;) {
    const from = scanner.at;
    const next = source.attempt(() => {
      scanner.skipNested();
      return scanner.peek() ?? 'nothing';
    }, Infinity);
    const isLong = scanner.at - from > MAX_ROW_CHARACTERS;
    scanner.at = from;
    if (next !== undefined) return next === 'nothing' || isLong;
    if (scanner.isEnd || scanner.text.length - from > MAX_ROW_CHARACTERS) return true;
    await source.fill();
  }
}

/** A search through the objects of a file, from the bracket of the outermost one. */
export class ListSearch {
  readonly #source: JsonSource;
  /** how many objects are open */
  #depth = 0;
  /** what must follow: the outermost object, its first member or end, a comma or an end, or a member */
  #next: 'object' | 'first' | 'separator' | 'member' = 'object';

  constructor(source: JsonSource) {
    this.#source = source;
  }

  /**
   * Moves to the bracket of the first array of objects, or back if there is none.
   * @throws Problem `csv_invalid` where there is none in an object that is too long for a row
   */
  async enter(): Promise<boolean> {
    const { scanner } = this.#source;
    const from = scanner.at;
    const isWhole = scanner.isEnd && scanner.text.length - from <= MAX_ROW_CHARACTERS;
    if ((await this.#found()) === 'list') return true;
    if (!isWhole) throw this.#source.refusal('The file is one object, and no array in it holds objects.');
    scanner.at = from;
    return false;
  }

  /**
   * Moves from behind the array to the end of the outermost object.
   * @throws Problem `csv_invalid` if there is another array of objects
   */
  async leave(): Promise<void> {
    if ((await this.#found()) === 'end') return;
    throw this.#source.refusal(
      'Another array of objects begins here, and only one can be the table. Upload the array with the products alone.',
    );
  }

  async #found(): Promise<'list' | 'end'> {
    for (;;) {
      const found = await this.#source.scan(() => this.#step());
      if (found !== 'member') return found;
    }
  }

  /** A step is repeated when its text has not arrived, so the state changes at its end. */
  #step(): 'list' | 'end' | 'member' {
    const { scanner } = this.#source;
    if (this.#next === 'object') {
      scanner.take('{', 'Here');
      return this.#opened();
    }
    if (this.#next === 'separator') {
      if (scanner.take(',}', 'After a value') === '}') return this.#closed();
      this.#next = 'member';
      return 'member';
    }
    if (this.#next === 'first' && scanner.peek() === '}') {
      scanner.at += 1;
      return this.#closed();
    }
    scanner.key();
    return this.#value();
  }

  #opened(): 'member' {
    this.#depth += 1;
    this.#next = 'first';
    return 'member';
  }

  #closed(): 'end' | 'member' {
    this.#depth -= 1;
    this.#next = 'separator';
    return this.#depth === 0 ? 'end' : 'member';
  }

  #value(): 'list' | 'member' {
    const { scanner } = this.#source;
    const first = scanner.peek();
    if (first === '{') {
      scanner.at += 1;
      return this.#opened();
    }
    const isList = first === '[' && this.#isList();
    if (!isList) scanner.cell();
    this.#next = 'separator';
    return isList ? 'list' : 'member';
  }

  /** Whether the array that begins here begins with an object. */
  #isList(): boolean {
    const { scanner } = this.#source;
    const from = scanner.at;
    scanner.at += 1;
    const isList = scanner.peek() === '{';
    scanner.at = from;
    return isList;
  }
}
