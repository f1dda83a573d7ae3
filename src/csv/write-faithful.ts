/**
 * A table as its file was written: encoding, line ends, the lines above and below the header, quotation marks.
 * Cells go out as they came in, formulas too: made harmless they would be other cells, in a shop as well.
 */
import type { TableFormat } from './table-format.ts';
import type { FileLayout } from './file-layout.ts';
import { encoderOf } from './encoding.ts';
import { csvText, headerText } from './write.ts';

/** `quoted` has a '1' for each cell that stood in quotes. */
type WrittenRow = { cells: string[]; quoted: string | null };

export type FaithfulWriter = {
  encoding: string;
  head(): Buffer;
  rows(rows: WrittenRow[]): Buffer;
  /** what ends the last line */
  end(): Buffer;
};

export function faithfulWriter(format: TableFormat): FaithfulWriter {
  return format.written ? faithfully(format, format.written) : plainly(format);
}

/** Batches of versions before this one do not know how their files were written. */
function plainly(format: TableFormat): FaithfulWriter {
  return {
    encoding: 'utf-8',
    head: () => Buffer.from(headerText(format, format.header)),
    rows: (rows) =>
      Buffer.from(
        csvText(
          rows.map(({ cells }) => cells),
          format,
        ),
      ),
    end: () => Buffer.alloc(0),
  };
}

function faithfully(format: TableFormat, written: FileLayout): FaithfulWriter {
  const { lineEnd, lastLineEnds, above, below } = written;
  const { encoding, encode } = encoderOf(written.encoding);
  const line = lineWriter(format.delimiter);
  const header = written.header ?? line({ cells: format.header, quoted: null }) + lineEnd;
  const head = above + header + below;
  return {
    encoding,
    // Each row brings the line end of the one before it.
    head: () => encode((format.bom ? '\u{feff}' : '') + head.replace(/(?:\r\n|\r|\n)$/, '')),
    rows: (rows) => encode(rows.map((row) => lineEnd + line(row)).join('')),
    end: () => encode(lastLineEnds ? lineEnd : ''),
  };
}

function lineWriter(delimiter: string): (row: WrittenRow) => string {
  const needsQuotes = new RegExp(`[${delimiter}\\r\\n]|^ *"`);
  return ({ cells, quoted }) => {
    // An empty line would be no row.
    if (cells.length === 1 && cells[0] === '') return '""';
    const written = cells.map((cell, i) =>
      quoted?.[i] === '1' || needsQuotes.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
    );
    return written.join(delimiter);
  };
}
