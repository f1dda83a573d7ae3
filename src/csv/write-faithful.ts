/**
 * Writes a table the way its file was written: encoding, line ends, the lines above and below the header, quotation
 * marks. Cells are written unchanged, formulas included: an escaped formula would be another cell, also for a shop.
 */
import { encoderOf } from './encoding.ts';
import type { FileLayout } from './file-layout.ts';
import type { TableFormat } from './table-format.ts';
import { csvText, headerText } from './write.ts';

/** `quoted` has a '1' for each cell that stood in quotation marks; null: none did, or it is not known. */
type FaithfulRow = { cells: string[]; quoted: string | null };

/** Its parts are written in this order: the header, any number of rows, the end. */
export type FaithfulWriter = {
  encoding: string;
  header(): Buffer;
  rows(rows: FaithfulRow[]): Buffer;
  /** the line end of the last line, if the input had one */
  end(): Buffer;
};

export function faithfulWriter(format: TableFormat): FaithfulWriter {
  return format.written ? inLayout(format, format.written) : withoutLayout(format);
}

/** Batches of older versions do not know the layout of their files. */
function withoutLayout(format: TableFormat): FaithfulWriter {
  const cellsOf = (rows: FaithfulRow[]): string[][] => rows.map(({ cells }) => cells);
  return {
    encoding: 'utf-8',
    header: () => Buffer.from(headerText(format, format.header)),
    rows: (rows) => Buffer.from(csvText(cellsOf(rows), format)),
    end: () => Buffer.alloc(0),
  };
}

function inLayout(format: TableFormat, layout: FileLayout): FaithfulWriter {
  const { lineEnd, lastLineEnds, above, below } = layout;
  const { encoding, encode } = encoderOf(layout.encoding);
  const line = lineWriter(format.delimiter, { isText: format.kind === undefined });
  const header = layout.header ?? line({ cells: format.header, quoted: null }) + lineEnd;
  const lines = above + header + below;
  return {
    encoding,
    // Each row begins with the line end of the line before it, so that only `end` decides about the last one.
    header: () => encode((format.bom ? '\u{feff}' : '') + lines.replace(/(?:\r\n|\r|\n)$/, '')),
    rows: (rows) => encode(rows.map((row) => lineEnd + line(row)).join('')),
    end: () => encode(lastLineEnds ? lineEnd : ''),
  };
}

/**
 * Writes a row without its line end.
 * @param isText whether the row came as text, in which a quotation mark inside of a cell may stand as it is
 */
export function lineWriter(
  delimiter: string,
  { isText = false }: { isText?: boolean } = {},
): (row: FaithfulRow) => string {
  const needsQuotes = isText
    ? new RegExp(`[${delimiter}\\r\\n]|^ *"`)
    : new RegExp(`[${delimiter}"\\r\\n]|^ | $`);
  return ({ cells, quoted }) => {
    if (cells.length === 1 && cells[0] === '') return '""'; // readers skip an empty line
    const written = cells.map((cell, i) =>
      quoted?.[i] === '1' || needsQuotes.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
    );
    return written.join(delimiter);
  };
}
