import { type Head, lineEndsIn } from './header/head.ts';
import type { Table } from './table.ts';

/** How a file was written, beside its cells, so that what Minilab did not make goes back as it came. */
export type Written = {
  encoding: string;
  lineEnd: string;
  /** whether the last line has a line end */
  lastLineEnds: boolean;
  /** the lines above the header, `sep=` too, as they stand in the file; likewise the header, and lines below it */
  above: string;
  /** missing where it is longer than what was kept of the file */
  header?: string;
  below: string;
};

export function writtenOf({ form, head }: Table, { record, products }: Head): Written {
  const lines = head.match(/[^\r\n]*(?:\r\n|\r|\n)/gy) ?? []; // whole ones only
  const headerAt = record.line - 1;
  const belowAt = headerAt + 1 + lineEndsIn(record.cells);
  const firstProduct = products[0] ? products[0].line - 1 : belowAt;
  const end = /(\r\n|\r|\n)$/.exec(lines[belowAt - 1] ?? lines[0] ?? '')?.[0] ?? '\n';
  const written = { encoding: form.encoding, lineEnd: end, lastLineEnds: true };
  const above = lines.slice(0, headerAt).join('');
  if (lines.length < firstProduct) return { ...written, above, below: '' };
  const header = lines.slice(headerAt, belowAt).join('');
  return { ...written, above, header, below: lines.slice(belowAt, firstProduct).join('') };
}

/** @param end the last two bytes of a file */
export function endsWithLineEnd(end: Buffer, encoding = 'utf-8'): boolean {
  const unit = encoding === 'utf-16le' ? end.at(-2) : end.at(-1);
  return unit === 0x0a || unit === 0x0d;
}
