/**
 * How an upload becomes rows: its first bytes decide what it is, and each kind has a function that reads it as a table.
 * A kind without one is read as text, which refuses it by name.
 */
import { fileFormat, HEAD_BYTES } from '../csv/file-kinds.ts';
import { readTable, type Table } from '../csv/table.ts';
import { readJsonTable, readXmlTable } from './feed-tables.ts';
import type { ReadingRules } from './reading.ts';
import { readOle } from './ole.ts';
import { type ArrivingUpload, spooled } from './spooled-upload.ts';
import { type OpenInner, readZip } from './zipped.ts';

/** @throws Problem `csv_invalid` for a file that cannot be read, also from the rows */
type TableReader = (upload: ArrivingUpload, rules: ReadingRules) => Promise<Table>;

const READERS: Partial<Record<NonNullable<ReturnType<typeof fileFormat>>, TableReader>> = {
  zip: async (upload, rules) => {
    const { stack } = upload;
    const openInner: OpenInner = (chunks) => openTable(chunks, { ...rules, isInArchive: true }, stack);
    return readZip(await spooled(upload, rules), rules, { stack, openInner });
  },
  json: (upload, rules) => readJsonTable('json', upload, rules),
  ndjson: (upload, rules) => readJsonTable('ndjson', upload, rules),
  xml: readXmlTable,
  ole: async (upload, rules) => readOle(await spooled(upload, rules)),
};

/**
 * Reads the beginning of an upload.
 * @param stack closes what is open while the rows are read
 * @throws Problem `csv_invalid`, `payload_too_large`
 */
export async function openTable(
  chunks: AsyncIterable<Buffer>,
  rules: ReadingRules,
  stack: AsyncDisposableStack,
): Promise<Table> {
  const upload = { ...(await withHead(chunks)), stack };
  const format = fileFormat(upload.head);
  const reader = format && READERS[format];
  return reader ? reader(upload, rules) : readTable(upload.chunks, { ...rules, withQuotes: true });
}

async function withHead(chunks: AsyncIterable<Buffer>): Promise<Omit<ArrivingUpload, 'stack'>> {
  const iterator = chunks[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < HEAD_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  return { head: first.subarray(0, HEAD_BYTES), chunks: joined(first, iterator) };
}

async function* joined(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
