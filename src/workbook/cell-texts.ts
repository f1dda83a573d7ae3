import { MAX_CELL_CHARACTERS } from '../csv/cells/slots.ts';
import { invalidFile } from '../csv/invalid-file.ts';

/** The text of a string item, of which phonetic readings are no part (ECMA-376, part 1, 18.4). It grows in pieces. */
export class StringItem {
  #text = '';
  #isText = false;
  #isPhonetic = false;

  /** Forgets what a cell or an item before may have left. */
  begin(): void {
    this.#text = '';
    this.#isText = false;
    this.#isPhonetic = false;
  }

  open(name: string): void {
    if (name === 't') this.#isText = true;
    if (name === 'rPh') this.#isPhonetic = true;
  }

  close(name: string): void {
    if (name === 't') this.#isText = false;
    if (name === 'rPh') this.#isPhonetic = false;
  }

  /** @throws Problem `csv_invalid`: `field_too_long` */
  add(text: string, line = 1): void {
    if (this.#isText && !this.#isPhonetic) this.#text = grown(this.#text, text, line);
  }

  /** Returns the text, and begins anew. */
  take(): string {
    const text = unescaped(this.#text);
    this.#text = '';
    return text;
  }
}

/** @throws Problem `csv_invalid`: `field_too_long` */
export function grown(text: string, more: string, line = 1): string {
  if (text.length + more.length <= MAX_CELL_CHARACTERS) return text === '' ? more : text + more;
  throw invalidFile(
    'field_too_long',
    `A cell of the workbook has more than ${MAX_CELL_CHARACTERS} characters.`,
    line,
  );
}

/** Characters that XML cannot hold are written as `_x000D_`, and such a text itself as `_x005F_x000D_`. */
export function unescaped(text: string): string {
  if (!text.includes('_x')) return text;
  return text
    .replaceAll(/_x([\da-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll('\0', '');
}
