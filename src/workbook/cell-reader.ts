import { invalidFile } from '../csv/invalid-file.ts';
import type { BesideCell } from '../csv/records.ts';
import { grown, StringItem, unescaped } from './cell-texts.ts';
import { wpsPictureIn } from './formulas.ts';
import type { AddressFormula } from './references.ts';
import { NUMBER, type NumberFormat } from './number-format.ts';
import { SharedFormulas } from './shared-formulas.ts';
import type { RichPicture } from './pictures/rich-values.ts';
import { shownNumber } from './show-number.ts';
import { formatOfCell } from './styles.ts';
import type { TextStore } from './text-store.ts';
import type { Attributes } from './xml.ts';

/** What cells refer to. */
export type CellParts = {
  texts: TextStore;
  styles: NumberFormat[];
  is1904: boolean;
  /** the pictures in cells by the value metadata of the cell, `vm`: parts, or links of IMAGE() */
  richPictures: ReadonlyMap<string, RichPicture>;
  /** by the ids of WPS Office */
  wpsPictures: ReadonlyMap<string, string>;
};

/** `plain`: the number of a cell whose format shows another text. */
type ReadCell = { text: string; plain?: string; beside?: BesideCell; address?: AddressFormula };

/** A cell while it is read (ECMA-376, part 1, 18.3.1.4), and then its text and what it holds beside it. */
export class CellReader {
  readonly #parts: CellParts;
  readonly #item = new StringItem();
  readonly #formulas = new SharedFormulas();
  #attributes: Attributes = {};
  #line = 1;
  #value = '';
  #formula = '';
  /** of the element of the formula; undefined: there is none */
  #formulaAttributes: Attributes | undefined;
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
    this.#formulaAttributes = undefined;
    this.#in = '';
    this.#item.begin();
  }

  open(name: string, attributes: Attributes): void {
    if (name === 'f') this.#formulaAttributes = attributes;
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
  end(column: number): ReadCell {
    const text = this.#text();
    const picture = this.#picture();
    if (picture) return { text: '', beside: { column, ...picture } }; // its text is an error, or a formula
    const plain = this.#plain(text);
    const attributes = this.#formulaAttributes;
    if (!attributes) return { text, ...plain };
    const address = this.#formulas.addressOf(this.#formula, attributes, { line: this.#line, column });
    if (address === 'unknown') return { text, ...plain, beside: { column, lacks: 'address' } };
    if (address) return { text, address };
    // A formula whose value is an empty text has the type of texts.
    const lacksValue = this.#value === '' && this.#attributes['t'] !== 'str';
    return { text, ...plain, ...(lacksValue && { beside: { column, lacks: 'value' } }) };
  }

  #plain(text: string): { plain: string } | undefined {
    const { t = 'n' } = this.#attributes;
    if (t !== 'n' || text === '') return undefined;
    const plain = shownNumber(this.#value, NUMBER, this.#parts.is1904);
    return plain === text ? undefined : { plain };
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

  #picture(): RichPicture | undefined {
    const { richPictures, wpsPictures } = this.#parts;
    const { vm } = this.#attributes;
    const rich = vm === undefined ? undefined : richPictures.get(vm);
    if (rich || this.#formula === '') return rich;
    const id = wpsPictureIn(this.#formula);
    const part = id === undefined ? undefined : wpsPictures.get(id);
    return part === undefined ? undefined : { part };
  }
}
