import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../errors.ts';
import type { FoundHeader } from '../csv/header/find-header.ts';
import { PhysicalLines } from '../csv/physical-lines.ts';
import { lineEndsIn, type TableRow } from '../csv/records.ts';
import type { Table } from '../csv/table.ts';
import { lineWriter } from '../csv/write-faithful.ts';
import { BufferedOutput } from './buffered-output.ts';
import { chunksOf, type OpenUpload } from './kept-files.ts';
import { readUpload } from './read-upload.ts';
import type { Reading, ReadingRules } from './reading.ts';
import { RowOptionNumbers } from './row-option-numbers.ts';
import type { CheckedRow, ProductRow } from './rows.ts';

/** A table of the rows with errors, until it is closed. */
export type BadRows = AsyncDisposable & { bytes: number; encoding: string; read(): AsyncGenerator<Buffer> };

/**
 * The rows of a kept upload that have errors, below the lines up to its first product: byte for byte as uploaded, so
 * that they can be corrected and uploaded again; where the upload is no CSV, as one. They are collected in a file that is unlinked at once, because
 * only the end of the upload shows whether it can be read at all.
 * @param folder for temporary files
 * @throws Problem `csv_invalid` for errors that are not those of single rows
 */
export async function badRowsOf(upload: OpenUpload, rules: ReadingRules, folder: string): Promise<BadRows> {
  const path = join(folder, `errors-${randomUUID()}`);
  await using stack = new AsyncDisposableStack();
  const file = stack.adopt(await open(path, 'wx+', 0o600), (opened) => opened.close());
  await unlink(path);
  const output = new BufferedOutput(file);
  let encoding = 'utf-8';
  let rows: RowWriter = nothing;
  const rowOptions = new RowOptionNumbers();
  const handle = (row: CheckedRow): Promise<void> | void => {
    if (row.errors.length > 0) return rows.add(row.product);
    rowOptions.numberOf(row.product); // for its error
  };
  const reading = await readUpload(upload.read(), { ...rules, folder }, handle, (found, table, records) => {
    const isText = table.kind === 'csv' && !table.isInArchive;
    if (isText) encoding = table.textFormat.encoding;
    rows = isText
      ? new LineWriter(new PhysicalLines(upload.read(), table.textFormat.encoding), found, output)
      : new CellWriter(table, found, records, output);
  });
  if (!reading.isWhole) throw notOfRows(reading);
  await rows.end();
  const bytes = await output.end();
  const closing = stack.move();
  return {
    bytes,
    encoding,
    read: () => chunksOf(file),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Writes the rows with errors, below what is above the first product. */
type RowWriter = { add(row: ProductRow): Promise<void>; end(): Promise<void> };

const nothing: RowWriter = { add: async () => {}, end: async () => {} };

/** Copies lines of an upload. It reads the upload a second time, just behind the rows that are checked. */
class LineWriter implements RowWriter {
  readonly #lines: PhysicalLines;
  readonly #output: BufferedOutput;
  /** the line of the first product, until the lines above it are copied */
  #firstProduct: number;

  constructor(lines: PhysicalLines, { products }: FoundHeader, output: BufferedOutput) {
    this.#lines = lines;
    this.#firstProduct = products[0]?.line ?? 0;
    this.#output = output;
  }

  async add({ line, cells }: ProductRow): Promise<void> {
    if (this.#firstProduct > 0) await this.end();
    await this.#copy(line, line + 1 + lineEndsIn(cells));
  }

  async end(): Promise<void> {
    if (this.#firstProduct > 1) await this.#copy(1, this.#firstProduct);
    this.#firstProduct = 0;
  }

  async #copy(from: number, to: number): Promise<void> {
    await this.#lines.copy(from, to, (bytes) => {
      this.#output.add(Buffer.from(bytes)); // a copy: a part of a chunk would keep the whole chunk in memory
    });
    await this.#output.flushIfFull();
  }
}

/** Writes the cells of a file that is no CSV as one. */
class CellWriter implements RowWriter {
  readonly #line: ReturnType<typeof lineWriter>;
  readonly #lineEnd: string;
  readonly #output: BufferedOutput;

  constructor(table: Table, found: FoundHeader, records: TableRow[], output: BufferedOutput) {
    const { lineEnd, above, below } = table.layout(found, records);
    this.#line = lineWriter(table.delimiter);
    this.#lineEnd = lineEnd;
    this.#output = output;
    const mark = table.textFormat.bom ? '\u{feff}' : '';
    output.add(Buffer.from(mark + above + this.#text(found.record) + below));
  }

  async add(row: ProductRow): Promise<void> {
    this.#output.add(Buffer.from(this.#text(row)));
    await this.#output.flushIfFull();
  }

  async end(): Promise<void> {}

  #text({ cells }: { cells: string[] }): string {
    return this.#line({ cells, quoted: null }) + this.#lineEnd;
  }
}

function notOfRows({ errors }: Reading): Problem {
  return new Problem('csv_invalid', {
    detail: 'The file has errors that are not those of single rows, so no row of it can be corrected alone.',
    flaws: errors.first,
    flawCount: errors.count,
  });
}
