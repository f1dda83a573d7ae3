import { invalidFile } from '../csv/invalid-file.ts';
import type { BesideCell } from '../csv/records.ts';
import { grown, StringItem, unescaped } from './cell-texts.ts';
import { addressIn, wpsPictureIn } from './formulas.ts';
import type { NumberFormat } from './number-format.ts';
import { shownNumber } from './show-number.ts';
import { formatOfCell } from './styles.ts';
import type { TextStore } from './text-store.ts';
import type { Attributes } from './xml.ts';

/** What cells refer to. */
export type CellParts = {
  texts: TextStore;
  styles: NumberFormat[];
  is1904: boolean;
  /** the pictures in cells by the value metadata of the cell, `vm` */
  richPictures: ReadonlyMap<string, string>;
  /** by the ids of WPS Office */
  wpsPictures: ReadonlyMap<string, string>;
};

/** A cell while it is read (ECMA-376, part 1, 18.3.1.4), and then its text and what it holds beside it. */
export class CellReader {
  readonly #parts: CellParts;
  readonly #item = new StringItem();
  #attributes: Attributes = {};
  #line = 1;
  #value = '';
  #formula = '';
  /** the element whose text is read; '': none */
  #in: 'v' | 'f' | 'is' | '' = '';

  constructor(parts: CellParts) {
    this.#parts = parts;
  }

  begin(attributes: Attributes, line: number): void {
    this.#attributes = attributes;
    this.#line = line;
    this.#value = '';
    this.#formula = '';
    this.#in = '';
  }

  open(name: string): void {
    if (name === 'v' || name === 'f' || name === 'is') this.#in = name;
    else if (this.#in === 'is') this.#item.open(name);
  }

  close(name: string): void {
    if (name === this.#in) this.#in = '';
    else if (this.#in === 'is') this.#item.close(name);
  }

  add(text: string): void {
    if (this.#in === 'v') this.#value = grown(this.#value, text, this.#line);
    else if (this.#in === 'f') this.#formula = grown(this.#formula, text, this.#line);
    else if (this.#in === 'is') this.#item.add(text, this.#line);
  }

  /** The text of the cell, and at most one thing beside it. */
  end(column: number): { text: string; beside?: BesideCell } {
    const text = this.#text();
    const part = this.#picture();
    if (part !== undefined) return { text: '', beside: { column, part } }; // its text is an error, or a formula
    const link = this.#formula === '' ? undefined : addressIn(this.#formula);
    return link === undefined ? { text } : { text, beside: { column, link } };
  }

  #text(): string {
    const { t = 'n', s } = this.#attributes;
    if (t === 'inlineStr') return this.#item.take();
    const value = this.#value;
    if (t === 's') return this.#shared(value);
    if (t === 'b') return value === '' ? '' : /^(1|true)$/i.test(value) ? 'TRUE' : 'FALSE';
    if (t === 'n' && value !== '')
      return shownNumber(value, formatOfCell(this.#parts.styles, s), this.#parts.is1904);
    return unescaped(value); // a formula's text, an error, a date in ISO 8601
  }

  #shared(number: string): string {
    if (number === '') return '';
    const text = this.#parts.texts.get(Number(number));
    if (text !== undefined) return text;
    throw invalidFile(
      'xml_invalid',
      'A cell of the sheet names a text that the workbook does not have.',
      this.#line,
    );
  }

  #picture(): string | undefined {
    const { richPictures, wpsPictures } = this.#parts;
    const { vm } = this.#attributes;
    const rich = vm === undefined ? undefined : richPictures.get(vm);
    if (rich !== undefined || this.#formula === '') return rich;
    const id = wpsPictureIn(this.#formula);
    return id === undefined ? undefined : wpsPictures.get(id);
  }
}
