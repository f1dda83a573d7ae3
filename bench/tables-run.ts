/**
 * One measurement of bench/tables.ts in a process of its own, because the most memory that a process had is never
 * forgotten: `read PATH` stages a file as an upload does, `csv ROWS` and `xlsx ROWS` write a table. Prints one object.
 */
import { createReadStream } from 'node:fs';
import { csvText } from '../src/csv/write.ts';
import { stageUpload } from '../src/intake/staged-upload.ts';
import { XlsxFile } from '../src/results/xlsx.ts';
import { BUILTIN_PRESETS } from '../src/presets/builtin.ts';
import { cellsOf, KEYS, product } from './tables-products.ts';

/** `idle_mb`: the memory before, of Node and the modules. */
export type Measured = { cpu_s: number; idle_mb: number; peak_mb: number };

async function read(path: string, folder: string): Promise<void> {
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

const [what = '', argument = '', folder = ''] = process.argv.slice(2);
const WORK: Record<string, () => Promise<void>> = {
  read: () => read(argument, folder),
  csv: () => writeCsv(Number(argument)),
  xlsx: () => writeXlsx(Number(argument), folder),
};

const idle_mb = process.resourceUsage().maxRSS / 1024;
const before = process.cpuUsage();
await WORK[what]?.();
const { user, system } = process.cpuUsage(before);
const measured: Measured = {
  cpu_s: (user + system) / 1e6,
  idle_mb,
  peak_mb: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(measured));
