import { invalidFile } from '../csv/invalid-file.ts';
import type { Problem } from '../errors.ts';
import { INCOMPLETE, JsonFlaw, JsonScanner } from './json-scanner.ts';

/** As of a CSV: bounds the memory of a string that is never closed. */
export const MAX_ROW_CHARACTERS = 2 ** 20;

/** A JSON text that is scanned while it arrives, and its lines. */
export class JsonSource {
  readonly scanner = new JsonScanner();
  /** whether the file ended within a value */
  isCut = false;
  readonly #chunks: AsyncIterator<string>;
  #line = 1;
  /** offset of the next line end that is not counted */
  #nextBreak = -1;
  /** how many characters of the line at the beginning of the text were dropped */
  #dropped = 0;

  constructor(chunks: AsyncGenerator<string>) {
    this.#chunks = chunks;
  }

  /** The line of the scanner's place, which only moves forward between calls. */
  line(): number {
    const { at, text } = this.scanner;
    if (this.#nextBreak < 0) this.#nextBreak = breakFrom(text, 0);
    while (this.#nextBreak < at) {
      this.#line += 1;
      this.#nextBreak = breakFrom(text, this.#nextBreak + 1);
    }
    return this.#line;
  }

  /**
   * The result of a step of the scan; undefined if its text has not arrived, and it must be repeated after `fill`.
   * @throws Problem `csv_invalid`: `json_invalid`; `row_too_long`, however much has arrived
   */
  attempt<T>(step: () => T, maxCharacters = MAX_ROW_CHARACTERS): T | undefined {
    const { scanner } = this;
    scanner.skipSpace();
    const from = { at: scanner.at, line: this.line(), nextBreak: this.#nextBreak };
    try {
      const result = step();
      if (scanner.at - from.at > maxCharacters) throw tooLong(from.line);
      return result;
    } catch (error) {
      if (error instanceof JsonFlaw)
        throw error.at - from.at > maxCharacters ? tooLong(from.line) : this.#flawOf(error);
      if (error !== INCOMPLETE) throw error;
      scanner.at = from.at;
      this.#line = from.line;
      this.#nextBreak = from.nextBreak;
      return undefined;
    }
  }

  /** Repeats a step until its text has arrived. */
  async scan<T extends string>(step: () => T): Promise<T> {
    for (;;) {
      const result = this.attempt(step);
      if (result !== undefined) return result;
      await this.fill();
    }
  }

  /**
   * Adds text, and drops what is scanned.
   * @throws Problem `csv_invalid`: `row_too_long`; `json_invalid` at the end of the file
   */
  async fill(): Promise<void> {
    const { scanner } = this;
    scanner.skipSpace();
    this.isCut = scanner.isEnd;
    if (this.isCut)
      throw this.refusal('The file ends within the value that begins here: a part of it is missing.');
    this.line();
    this.#dropped = this.#characterAt(scanner.at);
    let text = scanner.text.slice(scanner.at);
    this.#nextBreak = -1;
    scanner.at = 0;
    if (text.length > MAX_ROW_CHARACTERS) throw tooLong(this.#line);
    const enough = 2 * text.length; // scanning again for each chunk would take quadratic time
    do {
      const { value, done } = await this.#chunks.next();
      scanner.isEnd = done === true;
      if (!done) text += value;
    } while (!scanner.isEnd && text.length <= enough);
    scanner.text = text;
  }

  /** An error at the scanner's place. */
  refusal(detail: string): Problem {
    return invalidFile('json_invalid', detail, this.line());
  }

  #flawOf({ at, message }: JsonFlaw): Problem {
    this.scanner.at = at;
    const character = this.#characterAt(at) + 1;
    return this.refusal(`This is not valid JSON: ${message} (character ${character} of the line).`);
  }

  /** How many characters of its line precede an offset. */
  #characterAt(at: number): number {
    const lineBegins = at === 0 ? 0 : this.scanner.text.lastIndexOf('\n', at - 1) + 1;
    return lineBegins === 0 ? this.#dropped + at : at - lineBegins;
  }
}

function tooLong(line: number): Problem {
  const detail = `The value that begins here has more than ${MAX_ROW_CHARACTERS} characters. Is a quotation mark or a bracket missing?`;
  return invalidFile('row_too_long', detail, line);
}

function breakFrom(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? Infinity : at;
}
