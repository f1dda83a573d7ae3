/**
 * A workbook with one sheet. It is written to a temporary file before its first byte goes out: whether it fits into a
 * workbook is known at its end only, and so are the sizes that the archive states.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { Problem } from '../errors.ts';
import { openScratchFile, type ScratchFile } from './scratch.ts';
import { OTHER_PARTS, SHEET_PART, sheetHead, sheetTail } from './xlsx-parts.ts';
import { columnLetters, rowXml } from './xlsx-rows.ts';
import { zip, type ZipEntry } from './zip.ts';

const MAX_ROWS = 1_048_576; // of a sheet, the header included
const MAX_CELL_CHARACTERS = 32_767;
const PIECE_CHARACTERS = 2 ** 18;

const deflate = promisify(deflateRaw) as (
  bytes: Buffer,
  options: { level: number; finishFlush: number },
) => Promise<Buffer>;

export class XlsxFile implements AsyncDisposable {
  readonly #sheet: ScratchFile;
  readonly #directory: ScratchFile;
  readonly #header: readonly string[];
  #waiting: string;
  #rows = 0;
  #rawSize = 0;
  #checksum = 0;

  /** @param folder for temporary files @throws Problem `conflict` */
  static async open(folder: string, header: readonly string[]): Promise<XlsxFile> {
    await using stack = new AsyncDisposableStack();
    const sheet = stack.use(await openScratchFile(folder));
    const directory = stack.use(await openScratchFile(folder));
    const file = new XlsxFile(sheet, directory, header);
    await file.add([header]);
    stack.move(); // from here on the caller disposes of the file
    return file;
  }

  private constructor(sheet: ScratchFile, directory: ScratchFile, header: readonly string[]) {
    this.#sheet = sheet;
    this.#directory = directory;
    this.#header = header;
    this.#waiting = sheetHead(Math.max(1, header.length));
  }

  /** @throws Problem `conflict` where the rows do not fit into a workbook */
  async add(rows: readonly (readonly string[])[]): Promise<void> {
    for (const cells of rows) {
      this.#rows += 1;
      refuseWhatIsTooLarge(this.#header, cells, this.#rows);
      this.#waiting += rowXml(cells, this.#rows);
      if (this.#waiting.length > PIECE_CHARACTERS) await this.#flush();
    }
  }

  /** Writes what follows the last row. */
  async end(): Promise<void> {
    this.#waiting += sheetTail(columnLetters(Math.max(1, this.#header.length) - 1) + this.#rows);
    await this.#flush(true);
  }

  /** The workbook, once it has ended. @param modifiedAt of its parts */
  read(modifiedAt: Date): AsyncGenerator<Buffer> {
    const parts = OTHER_PARTS.map(([name, xml]) => partOf(name, xml, modifiedAt));
    return zip([...parts, this.#entry(modifiedAt)], this.#directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sheet[Symbol.asyncDispose]();
    await this.#directory[Symbol.asyncDispose]();
  }

  #entry(modifiedAt: Date): ZipEntry {
    return {
      name: SHEET_PART,
      modifiedAt,
      size: this.#sheet.size,
      inflatedSize: this.#rawSize,
      checksum: this.#checksum,
      content: this.#sheet.read(),
    };
  }

  /** Pieces that end with a full flush are one stream of deflate together (RFC 1951). */
  async #flush(isEnd = false): Promise<void> {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#rawSize += bytes.length;
    this.#checksum = crc32(bytes, this.#checksum);
    const finishFlush = isEnd ? constants.Z_FINISH : constants.Z_FULL_FLUSH;
    await this.#sheet.write(await deflate(bytes, { level: 1, finishFlush }));
  }
}

function partOf(name: string, xml: string, modifiedAt: Date): ZipEntry {
  const content = Buffer.from(xml);
  return { name, modifiedAt, size: content.length, checksum: crc32(content), content: [content] };
}

function refuseWhatIsTooLarge(header: readonly string[], cells: readonly string[], row: number): void {
  if (row > MAX_ROWS)
    throw new Problem('conflict', {
      detail: `A sheet holds ${MAX_ROWS - 1} products, and this batch has more: take output.csv.`,
    });
  const column = cells.findIndex((cell) => cell.length > MAX_CELL_CHARACTERS);
  if (column < 0) return;
  const where = `${header[column] || `Column ${column + 1}`} of product ${row - 1}`.slice(0, 100);
  throw new Problem('conflict', {
    detail: `A cell of a workbook holds ${MAX_CELL_CHARACTERS} characters, and ${where} has more: take output.csv.`,
  });
}
