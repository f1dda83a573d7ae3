/**
 * Scans JSON (RFC 8259) of which a part has arrived, for the text of its values. JSON.parse would round numbers: the
 * SKU 12345678901234567 would become another one, and 1E5 becomes 100000.
 */
import { joinAddresses } from '../csv/cells/join-addresses.ts';
import type { Keys } from './keys.ts';

/** Thrown where the text ends before a value does: more of it may follow. */
export const INCOMPLETE = new Error('the text ends before its value');

/** What is wrong at an offset of the text. */
export class JsonFlaw extends Error {
  readonly at: number;

  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

export class JsonScanner {
  text = '';
  /** offset of the next character */
  at = 0;
  isEnd = false;

  /** The next character after white space, which stays; undefined at the end of the file. */
  peek(): string | undefined {
    this.skipSpace();
    const next = this.text[this.at];
    if (next === undefined && !this.isEnd) throw INCOMPLETE;
    return next;
  }

  /** The next character after white space; it is one of these. @param where for the error */
  take(characters: string, where: string): string {
    this.skipSpace();
    const next = this.text[this.at];
    if (next === undefined) throw INCOMPLETE;
    if (!characters.includes(next)) {
      const wanted = Array.from(characters, (each) => `"${each}"`).join(' or ');
      throw new JsonFlaw(this.at, `${where} there must be ${wanted}, not ${shown(this.text, this.at)}`);
    }
    this.at += 1;
    return next;
  }

  /** The string that begins here. */
  string(): string {
    const { text, at } = this;
    if (text.charCodeAt(at) !== QUOTE) this.#expectString();
    const end = closingQuote(text, at + 1);
    if (end < 0) throw INCOMPLETE;
    this.at = end + 1;
    const raw = text.slice(at + 1, end);
    return PLAIN_STRING.test(raw) ? raw : this.#unescaped(at, end + 1);
  }

  /**
   * The cells of the object that begins here, in the columns of its keys.
   * @param line where it begins
   */
  object(keys: Keys, line: number): string[] {
    const cells = keys.blankRow();
    this.at += 1;
    if (this.peek() === '}') {
      this.at += 1;
      return cells;
    }
    let column = -1;
    do {
      this.skipSpace();
      column = this.#column(keys, column + 1, line);
      this.take(':', 'After a key');
      const cell = this.cell();
      if (column < 0) continue;
      while (cells.length < column) cells.push('');
      cells[column] = cell;
    } while (this.take(',}', 'After a value') === ',');
    return cells;
  }

  /** The column of the key that begins here. @param next the likely one: most objects have the same keys in the same order */
  #column(keys: Keys, next: number, line: number): number {
    const written = keys.written[next];
    if (written === undefined || !this.text.startsWith(written, this.at))
      return keys.columnOf(this.string(), line);
    this.at += written.length;
    return next;
  }

  /** The value that begins here, as the text of a cell. */
  cell(): string {
    const first = this.peek();
    if (first === '"') return this.string();
    if (first !== '[' && first !== '{') return this.#scalar();
    const texts = first === '[' ? this.#texts() : undefined;
    return texts ? joinAddresses(texts) : this.#nested();
  }

  /** The strings of the array that begins here; undefined, without moving, if it holds anything else. */
  #texts(): string[] | undefined {
    const from = this.at;
    const texts: string[] = [];
    this.at += 1;
    while (this.peek() === '"') {
      texts.push(this.string());
      const next = this.peek();
      this.at += 1;
      if (next === ']') return texts;
      if (next !== ',') break;
    }
    this.at = from;
    return undefined;
  }

  /** The array or object that begins here, without white space; an array of strings as a list of addresses. */
  #nested(): string {
    const from = this.at;
    this.skipNested();
    const value = this.#parsedNested(from, this.at);
    if (Array.isArray(value) && value.every(isText)) return joinAddresses(value.map((item) => item ?? ''));
    const compact = this.text.slice(from, this.at).replaceAll(BETWEEN, '$1');
    return compact.length === 2 ? '' : compact; // [] and {}
  }

  /** Skips an array or object, whatever it holds. */
  skipNested(): void {
    let depth = 0;
    do {
      STRUCTURE.lastIndex = this.at;
      const found = STRUCTURE.exec(this.text);
      if (!found) throw INCOMPLETE;
      const [mark] = found;
      this.at = found.index + 1;
      if (mark === '"') {
        const end = closingQuote(this.text, this.at);
        if (end < 0) throw INCOMPLETE;
        this.at = end + 1;
      } else depth += mark === '{' || mark === '[' ? 1 : -1;
    } while (depth > 0);
  }

  skipSpace(): void {
    const { text } = this;
    let code = text.charCodeAt(this.at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.at += 1;
      code = text.charCodeAt(this.at);
    }
  }

  #expectString(): void {
    if (this.at >= this.text.length) throw INCOMPLETE;
    throw new JsonFlaw(this.at, `there must be a key in quotation marks, not ${shown(this.text, this.at)}`);
  }

  /** A number as it is written, `true` or `false`; '' for `null`. */
  #scalar(): string {
    SCALAR.lastIndex = this.at;
    const word = SCALAR.exec(this.text)?.[0] ?? '';
    const end = this.at + word.length;
    if (end >= this.text.length) throw INCOMPLETE; // it may go on, and something must follow it
    if (word === 'null') {
      this.at = end;
      return '';
    }
    if (word !== 'true' && word !== 'false' && !NUMBER.test(word))
      throw new JsonFlaw(this.at, `${shown(this.text, this.at)} is no value of JSON${adviceFor(word)}`);
    this.at = end;
    return word;
  }

  #unescaped(from: number, to: number): string {
    const value = this.#parsed(from, to);
    if (!value.isWellFormed() || value.includes('\0'))
      throw new JsonFlaw(from, 'a string holds a NUL character or half of a surrogate pair');
    return value;
  }

  #parsedNested(from: number, to: number): unknown {
    try {
      return JSON.parse(this.text.slice(from, to));
    } catch {
      this.at = from;
      this.#check(0); // V8 does not always say where the flaw is
      throw new JsonFlaw(from, VALUE_FLAWED);
    }
  }

  /** Moves over the value that begins here, to its first flaw. */
  #check(depth: number): void {
    const first = this.peek();
    if (first !== '{' && first !== '[') return void this.cell();
    if (depth > MAX_CHECKED_DEPTH) throw new JsonFlaw(this.at, VALUE_FLAWED);
    const end = first === '{' ? '}' : ']';
    this.at += 1;
    if (this.peek() !== end)
      do {
        if (first === '{') this.key();
        this.#check(depth + 1);
      } while (this.take(`,${end}`, 'After a value') === ',');
    else this.at += 1;
  }

  /** Moves over a key and its colon. */
  key(): void {
    this.skipSpace();
    this.string();
    this.take(':', 'After a key');
  }

  /** The value of a string with its quotation marks. */
  #parsed(from: number, to: number): string {
    const part = this.text.slice(from, to);
    try {
      return JSON.parse(part) as string;
    } catch (error) {
      const within = Number(/at position (\d+)/.exec(String(error))?.[1] ?? 0);
      throw new JsonFlaw(from + within, `${shown(part, within)} is not valid here`);
    }
  }
}

const QUOTE = 0x22;
const VALUE_FLAWED = 'the value that begins here is not valid';
const MAX_CHECKED_DEPTH = 500;
const PLAIN_STRING = /^[^\\\0-\u001f]*$/;
const STRUCTURE = /["[\]{}]/g;
const SCALAR = /[^\s,\]}":[{]*/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Offset of the mark that closes a string; -1 if it has not arrived. */
function closingQuote(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end >= 0 && isEscaped(text, from, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, from: number, at: number): boolean {
  let before = at - 1;
  while (before >= from && text[before] === '\\') before -= 1;
  return (at - before) % 2 === 0;
}

const BETWEEN = /("(?:[^"\\]|\\.)*")|\s+/g;

function isText(item: unknown): item is string | null {
  return typeof item === 'string' ? item.isWellFormed() && !item.includes('\0') : item === null;
}

function adviceFor(word: string): string {
  if (/^-?0\d/.test(word)) return ': put a number with leading zeros in quotation marks';
  if (/^-?(?:nan|inf)/i.test(word)) return ': write null';
  return word === 'None' || word === 'True' || word === 'False' ? ', but of Python' : '';
}

function shown(text: string, at: number): string {
  const found = text.slice(at, at + 20).split(/[\r\n]/, 1)[0] ?? '';
  return found === '' ? 'the end of the line' : JSON.stringify(found);
}
