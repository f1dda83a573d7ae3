import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { csvText } from '../src/csv/write.ts';
import { stageUpload } from '../src/intake/staged-upload.ts';
import { XlsxFile } from '../src/results/xlsx.ts';
import { BUILTIN_PRESETS } from '../src/presets/builtin.ts';
import { newFolder } from '../test/support/folder.ts';
import { median } from './rig.ts';

/** CPU seconds of this process, and ratios to CSV in the same round. */
export type Tables = {
  rows: number;
  csv_cpu_s: number;
  ndjson_per_csv: number;
  json_per_csv: number;
  xml_per_csv: number;
  written_csv_cpu_s: number;
  written_xlsx_per_csv: number;
  peak_rss_mb: number;
};

/** More rounds of a smaller table take no longer, and are judged by their median. */
const roundsOf = (rows: number): number => (rows > 300_000 ? 1 : 3);

type Product = {
  id: string;
  title: string;
  price: number;
  brand: string;
  image_link: string;
  additional_image_link: string[];
  description: string;
};

function product(i: number): Product {
  const image = (n: number): string => `https://cdn.shop.example/catalogue/${i}/${n}.jpg`;
  return {
    id: String(i).padStart(8, '0'),
    title: `Product ${i}, with a name as shops write it`,
    price: 12.5 + (i % 7),
    brand: 'A "good" brand',
    image_link: image(1),
    additional_image_link: [image(2), image(3)],
    description: 'Some words about the product, of which there are as many as in a short description.',
  };
}

const KEYS = Object.keys(product(0)) as (keyof Product)[];

const cellsOf = (each: Product): string[] => KEYS.map((key) => String(each[key]));
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

const FORMATS = {
  csv: {
    before: `${KEYS.join(',')}\n`,
    row: (each: Product) => cellsOf(each).map(quoted).join(','),
    after: '',
  },
  ndjson: { before: '', row: (each: Product) => JSON.stringify(each), after: '' },
  json: {
    before: '[',
    row: (each: Product, i: number) => (i > 0 ? ',' : '') + JSON.stringify(each),
    after: ']',
  },
  xml: {
    before: '<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>',
    row: (each: Product) =>
      `<item>${KEYS.flatMap((key) => [each[key]].flat().map((text) => `<g:${key}>${text}</g:${key}>`)).join('')}</item>`,
    after: '</channel></rss>',
  },
};

/** Reads and checks one table in several formats as an upload does, and writes it as CSV and as a workbook. */
export async function tables({ rows }: { rows: number }): Promise<Tables> {
  await using folder = await newFolder();
  const formats = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
  for (const format of formats) await writeTable(join(folder.path, format), FORMATS[format], rows);
  const read: Record<string, number[]> = {};
  const written: Record<'csv' | 'xlsx', number[]> = { csv: [], xlsx: [] };
  for (let round = 0; round < roundsOf(rows); round += 1) {
    for (const format of formats)
      (read[format] ??= []).push(await cpuSeconds(() => stage(join(folder.path, format), folder.path)));
    written.csv.push(await cpuSeconds(() => writeCsv(rows)));
    written.xlsx.push(await cpuSeconds(() => writeXlsx(rows, folder.path)));
  }
  const ratio = (one: number[] = [], other: number[] = []): number =>
    median(one.map((seconds, i) => seconds / (other[i] ?? seconds)));
  return {
    rows,
    csv_cpu_s: median(read['csv'] ?? []),
    ndjson_per_csv: ratio(read['ndjson'], read['csv']),
    json_per_csv: ratio(read['json'], read['csv']),
    xml_per_csv: ratio(read['xml'], read['csv']),
    written_csv_cpu_s: median(written.csv),
    written_xlsx_per_csv: ratio(written.xlsx, written.csv),
    peak_rss_mb: process.resourceUsage().maxRSS / 1024,
  };
}

async function writeTable(
  path: string,
  { before, row, after }: { before: string; row(each: Product, i: number): string; after: string },
  rows: number,
): Promise<void> {
  await using file = await open(path, 'w');
  let text = before;
  for (let i = 0; i < rows; i += 1) {
    text += `${row(product(i), i)}\n`;
    if (text.length < 2 ** 20) continue;
    await file.writeFile(text);
    text = '';
  }
  await file.writeFile(text + after);
}

async function stage(path: string, folder: string): Promise<void> {
  const rules = { tenantId: 1, folder, maxBytes: 1e12, allowPaths: false, presets: BUILTIN_PRESETS };
  await using staged = await stageUpload(createReadStream(path), rules);
  if (staged.warningCount > 0) throw new Error(JSON.stringify(staged.warnings[0]));
}

async function writeCsv(rows: number): Promise<void> {
  const format = { delimiter: ',', bom: false, header: KEYS, columns: { images: [] } };
  for (const piece of pieces(rows)) csvText(piece, format as never);
}

async function writeXlsx(rows: number, folder: string): Promise<void> {
  await using file = await XlsxFile.open(folder, KEYS);
  for (const piece of pieces(rows)) await file.add(piece);
  await file.end();
}

function* pieces(rows: number): Generator<string[][]> {
  for (let i = 0; i < rows; i += 100)
    yield Array.from({ length: Math.min(100, rows - i) }, (_, at) => cellsOf(product(i + at)));
}

async function cpuSeconds(act: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
