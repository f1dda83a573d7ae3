import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { invalidFile } from '../csv/invalid-file.ts';
import type { TableRow } from '../csv/records.ts';
import { xmlFlawInWords } from '../xml-words.ts';
import type { Keys } from './keys.ts';
import { cellsByName, type XmlElement } from './xml-cells.ts';

const GOOGLE = /^https?:\/\/base\.google\.com\/c?ns\/1\.0\/?$/;
const ITEM = /^(?:\w+:)?(?:item|entry|product)$/;
const MAX_ITEM_DEPTH = 3; // rss > channel > item
const MAX_DEPTH = 100;
const MAX_CHARACTERS = 2 ** 20; // as of a row of a CSV

/** Reads the items of a feed from XML that arrives in pieces. It has no DTD, so no entity of its own. */
export class XmlItems {
  readonly #parser = new SaxesParser({ xmlns: false });
  readonly #keys: Keys;
  readonly #googlePrefixes = new Set(['g']);
  /** the item that is open, and the elements that are open in it */
  readonly #open: XmlElement[] = [];
  #depth = 0;
  #line = 1;
  /** where the last item ended, or the last part outside of items */
  #begins = 0;
  #rows: TableRow[] = [];

  constructor(keys: Keys) {
    this.#keys = keys;
    this.#parser.on('doctype', () => {
      throw this.#flaw('The XML has a document type definition (<!DOCTYPE>), which is not read. Remove it.');
    });
    this.#parser.on('opentag', (tag) => this.#opened(tag));
    this.#parser.on('closetag', () => this.#closed());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
    this.#parser.on('error', (error) => {
      const what = xmlFlawInWords(error.message);
      throw this.#flaw(`This is not valid XML: ${what} (character ${this.#parser.column} of the line).`);
    });
  }

  /** @throws Problem `csv_invalid`: `xml_invalid`, `row_too_long` */
  write(text: string): void {
    this.#parser.write(text);
    this.#refuseLong();
  }

  /** It is called wherever a part ends or is refused, so that the answer does not depend on how much arrives at a time. */
  #refuseLong(): void {
    if (this.#parser.position - this.#begins <= MAX_CHARACTERS) return;
    const what = `A part of the XML that begins here has more than ${MAX_CHARACTERS} characters.`;
    throw invalidFile('row_too_long', what, this.#line);
  }

  /** @throws Problem `csv_invalid`: `xml_invalid` */
  close(): void {
    this.#parser.close();
  }

  /** The rows that have arrived since the last call. */
  take(): TableRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  #flaw(detail: string): Error {
    this.#refuseLong();
    return invalidFile('xml_invalid', detail, this.#parser.line);
  }

  #opened({ name, attributes }: SaxesTagPlain): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#flaw(`More than ${MAX_DEPTH} elements are open.`);
    for (const [attribute, value] of Object.entries(attributes))
      if (attribute.startsWith('xmlns:') && GOOGLE.test(value)) this.#googlePrefixes.add(attribute.slice(6));
    const parent = this.#open.at(-1);
    const isItem = !parent && this.#depth > 1 && this.#depth <= MAX_ITEM_DEPTH && ITEM.test(name);
    if (!parent && !isItem) return this.#passed();
    if (isItem) this.#passed();
    const element: XmlElement = { name, attributes, content: [] };
    parent?.content.push(element);
    this.#open.push(element);
  }

  #closed(): void {
    this.#depth -= 1;
    const element = this.#open.pop();
    if (this.#open.length === 0) this.#refuseLong();
    if (element && this.#open.length === 0) this.#add(element);
    if (this.#open.length === 0) this.#passed();
  }

  #text(text: string): void {
    const parent = this.#open.at(-1);
    if (parent) parent.content.push(text);
    else this.#passed();
  }

  /** Nothing before this place is in memory any more. */
  #passed(): void {
    this.#refuseLong();
    this.#begins = this.#parser.position;
    this.#line = this.#parser.line;
  }

  #add(item: XmlElement): void {
    const line = this.#line;
    const cells = this.#keys.blankRow();
    for (const [name, text] of cellsByName(item, this.#googlePrefixes)) {
      const column = this.#keys.columnOf(name, line);
      if (column < 0) continue;
      while (cells.length < column) cells.push('');
      cells[column] = text;
    }
    if (this.#keys.count(cells)) this.#rows.push({ line, cells });
  }
}
