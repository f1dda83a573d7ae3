import { SaxesParser } from 'saxes';
import { invalidFile } from '../csv/invalid-file.ts';
import { xmlFlawInWords } from '../xml-words.ts';

export type Attributes = Record<string, string>;

/** What is done with the parts of a document. Names come without their prefixes: programs choose them freely. */
export type XmlHandler = {
  open?(name: string, attributes: Attributes): void;
  close?(name: string): void;
  /** a piece of the text of an element: it may come in several */
  text?(text: string): void;
};

const MAX_PIECE_CHARACTERS = 512 * 1024; // of one text, tag or comment; a cell has 64 K characters, more as entities

/**
 * Parses a document while it arrives, in bounded memory. Document types, and with them entities, are refused.
 * @throws Problem `csv_invalid`: `xml_invalid`, `field_too_long`
 */
export class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #name: string;
  #lastEvent = 0;

  /** @param name of the part, for errors */
  constructor(name: string, handler: XmlHandler) {
    this.#name = name;
    const parser = this.#parser;
    const seen = (): void => void (this.#lastEvent = parser.position);
    parser.on('opentag', ({ name: tag, attributes }) => {
      seen();
      handler.open?.(localName(tag), attributes);
    });
    parser.on('closetag', ({ name: tag }) => {
      seen();
      handler.close?.(localName(tag));
    });
    const onText = (text: string): void => {
      seen();
      handler.text?.(text);
    };
    parser.on('text', onText);
    parser.on('cdata', onText);
    parser.on('comment', seen);
    parser.on('doctype', () => {
      throw this.#invalid('it has a document type, which no workbook has');
    });
    parser.on('error', (error) => {
      throw this.#invalid(xmlFlawInWords(error.message));
    });
  }

  write(bytes: Buffer): void {
    this.#parser.write(this.#decoded(bytes));
    if (this.#parser.position - this.#lastEvent > MAX_PIECE_CHARACTERS)
      throw invalidFile(
        'field_too_long',
        `"${this.#name}" in the file has a text of more than 512 K characters.`,
      );
  }

  end(): void {
    this.#parser.write(this.#decoded()).close();
  }

  #decoded(bytes?: Buffer): string {
    try {
      return bytes ? this.#decoder.decode(bytes, { stream: true }) : this.#decoder.decode();
    } catch {
      throw this.#invalid('it is not in UTF-8');
    }
  }

  #invalid(why: string): Error {
    return invalidFile(
      'xml_invalid',
      `"${this.#name}" in the workbook cannot be read: ${why}. Open the workbook, save it anew, and upload that.`,
    );
  }
}

/** Parses a whole document. */
export async function readXml(
  name: string,
  chunks: AsyncIterable<Buffer>,
  handler: XmlHandler,
): Promise<void> {
  const reader = new XmlReader(name, handler);
  for await (const chunk of chunks) reader.write(chunk);
  reader.end();
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

/** An attribute whose prefix the program chose, such as `r:id`. */
export function prefixed(attributes: Attributes, name: string): string | undefined {
  const found = Object.keys(attributes).find((key) => key.endsWith(`:${name}`));
  return found === undefined ? undefined : attributes[found];
}
