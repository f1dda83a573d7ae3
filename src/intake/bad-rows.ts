import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../errors.ts';
import type { FoundHeader } from '../csv/header/find-header.ts';
import { PhysicalLines } from '../csv/physical-lines.ts';
import { lineEndsIn } from '../csv/records.ts';
import { chunksOf, type OpenUpload } from './kept-files.ts';
import { readUpload } from './read-upload.ts';
import type { Reading, ReadingRules } from './reading.ts';
import { RowOptionNumbers } from './row-option-numbers.ts';
import type { CheckedRow, ProductRow } from './rows.ts';

/** A table of the rows with errors, until it is closed. */
export type BadRows = AsyncDisposable & { bytes: number; encoding: string; read(): AsyncGenerator<Buffer> };

const WRITE_AT = 256 * 1024; // bytes

/**
 * The rows of a kept upload that have errors, below the lines up to its first product: byte for byte as uploaded, so
 * that they can be corrected and uploaded again. They are collected in a file that is unlinked at once, because
 * only the end of the upload shows whether it can be read at all.
 * @param folder for temporary files
 * @throws Problem `csv_invalid` for errors that are not those of single rows
 */
export async function badRowsOf(upload: OpenUpload, rules: ReadingRules, folder: string): Promise<BadRows> {
  const path = join(folder, `errors-${randomUUID()}`);
  await using stack = new AsyncDisposableStack();
  const file = stack.adopt(await open(path, 'wx+', 0o600), (opened) => opened.close());
  await unlink(path);
  const rows = new BadRowWriter(upload, file);
  const rowOptions = new RowOptionNumbers();
  const handle = (row: CheckedRow): Promise<void> | void => {
    if (row.errors.length > 0) return rows.add(row.product);
    rowOptions.numberOf(row.product); // for its error
  };
  const reading = await readUpload(upload.read(), rules, handle, (found, { encoding }) =>
    rows.begin(found, encoding),
  );
  if (!reading.isWhole) throw notOfRows(reading);
  const bytes = await rows.end();
  const closing = stack.move();
  return {
    bytes,
    encoding: reading.encoding ?? 'utf-8',
    read: () => chunksOf(file),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Copies lines of an upload into a file. It reads the upload a second time, just behind the rows that are checked. */
class BadRowWriter {
  readonly #upload: OpenUpload;
  readonly #file: FileHandle;
  #lines: PhysicalLines | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  /** the line of the first product, until the lines above it are copied */
  #firstProduct = 0;

  constructor(upload: OpenUpload, file: FileHandle) {
    this.#upload = upload;
    this.#file = file;
  }

  begin({ products }: FoundHeader, encoding: string): void {
    this.#lines = new PhysicalLines(this.#upload.read(), encoding);
    this.#firstProduct = products[0]?.line ?? 0;
  }

  async add({ line, cells }: ProductRow): Promise<void> {
    if (this.#firstProduct > 0) await this.#copyHead();
    await this.#copy(line, line + 1 + lineEndsIn(cells));
  }

  /** @returns how many bytes were written */
  async end(): Promise<number> {
    await this.#copyHead();
    await this.#flush();
    return this.#bytes;
  }

  async #copyHead(): Promise<void> {
    if (this.#firstProduct > 1) await this.#copy(1, this.#firstProduct);
    this.#firstProduct = 0;
  }

  async #copy(from: number, to: number): Promise<void> {
    await this.#lines?.copy(from, to, (bytes) => {
      this.#waiting.push(Buffer.from(bytes)); // a copy: a part of a chunk would keep the whole chunk in memory
      this.#waitingBytes += bytes.length;
    });
    if (this.#waitingBytes >= WRITE_AT) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#bytes += bytes.length;
    await this.#file.writeFile(bytes);
  }
}

function notOfRows({ errors }: Reading): Problem {
  return new Problem('csv_invalid', {
    detail: 'The file has errors that are not those of single rows, so no row of it can be corrected alone.',
    flaws: errors.first,
    flawCount: errors.count,
  });
}
