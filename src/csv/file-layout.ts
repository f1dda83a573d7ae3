import type { FoundHeader } from './header/find-header.ts';
import { lineEndsIn } from './records.ts';

/** How a file is laid out around its cells, so that it can be written again as it was. Stored in `table_format.written`. */
export type FileLayout = {
  encoding: string;
  lineEnd: string;
  /** whether the last line has a line end */
  lastLineEnds: boolean;
  /** the lines above the header as they stand in the file, `sep=` included */
  above: string;
  /** the header as it stands in the file; missing where it is longer than the kept beginning of the file */
  header?: string;
  /** the lines between the header and the first product, as they stand in the file */
  below: string;
};

/** A text as it begins; its last line may be cut. */
export type Beginning = { encoding: string; beginning: string };

/** The layout of a file whose end is not read yet: `lastLineEnds` is assumed. */
export function layoutOf({ encoding, beginning }: Beginning, { record, products }: FoundHeader): FileLayout {
  const lines = beginning.match(/[^\r\n]*(?:\r\n|\r|\n)/gy) ?? []; // without a line that is cut
  const headerAt = record.line - 1;
  const belowAt = headerAt + 1 + lineEndsIn(record.cells);
  const firstProduct = products[0] ? products[0].line - 1 : belowAt;
  const lineEnd = /(\r\n|\r|\n)$/.exec(lines[belowAt - 1] ?? lines[0] ?? '')?.[0] ?? '\n';
  const layout: FileLayout = {
    encoding,
    lineEnd,
    lastLineEnds: true,
    above: lines.slice(0, headerAt).join(''),
    below: '',
  };
  if (lines.length < firstProduct) return layout;
  const header = lines.slice(headerAt, belowAt).join('');
  return { ...layout, header, below: lines.slice(belowAt, firstProduct).join('') };
}

/** @param lastBytes the last two bytes of a file */
export function endsWithLineEnd(lastBytes: Buffer, encoding = 'utf-8'): boolean {
  const unit = lastUnit(lastBytes, encoding);
  return unit === 0x0a || unit === 0x0d;
}

/** The last code unit: Ċ (U+010A) ends no line, though one of its bytes in UTF-16 is that of a line feed. */
function lastUnit(bytes: Buffer, encoding: string): number | undefined {
  if (bytes.length < 2 || !encoding.startsWith('utf-16')) return bytes.at(-1);
  return encoding === 'utf-16le'
    ? bytes.readUInt16LE(bytes.length - 2)
    : bytes.readUInt16BE(bytes.length - 2);
}
