import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newFolder } from '../test/support/folder.ts';
import { median } from './rig.ts';
import { FORMATS, type FormatName, writeTable } from './tables-products.ts';
import type { Measured } from './tables-run.ts';

/**
 * CPU seconds, for a row also as a ratio to those of CSV in the same round, and the most memory of a process that does
 * nothing else.
 */
type Kind = { rows: number; cpu_s: number; per_csv: number; peak_mb: number; grown_mb: number };

export type Tables = {
  rows: number;
  /** as an upload is read and checked */
  read: Record<FormatName, Kind>;
  /** as results are written */
  written: Record<'csv' | 'xlsx', Kind>;
};

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, 'tables-run.ts');

/** More rounds of a smaller table take no longer, and are judged by their median. */
const roundsOf = (rows: number): number => (rows > 300_000 ? 1 : 3);

/** The whole length is for CSV and NDJSON: with a million rows of each kind it would take more than ten minutes. */
const LONGEST: Partial<Record<FormatName, number>> = { json: 200_000, xml: 200_000 };

/** Reads one table in several formats as an upload does, and writes it as CSV and as a workbook. */
export async function tables({ rows }: { rows: number }): Promise<Tables> {
  await using folder = await newFolder();
  const rounds = Array.from({ length: roundsOf(rows) });
  const formats = Object.keys(FORMATS) as FormatName[];
  const rowsOf = (format: FormatName): number => Math.min(rows, LONGEST[format] ?? rows);
  const read: Partial<Record<FormatName, Measured[]>> = {};
  const written: Record<'csv' | 'xlsx', Measured[]> = { csv: [], xlsx: [] };
  for (const _ of rounds) {
    for (const format of formats) {
      const path = join(folder.path, format);
      await writeTable(path, format, rowsOf(format));
      (read[format] ??= []).push(await measured('read', path, folder.path));
      await rm(path); // 4 files of a million rows have 2 GB
    }
    for (const kind of ['csv', 'xlsx'] as const)
      written[kind].push(await measured(kind, String(rows), folder.path));
  }
  const csv = { rows, rounds: read.csv ?? [] };
  const kinds = formats.map((format) => [
    format,
    kindOf({ rows: rowsOf(format), rounds: read[format] ?? [] }, csv),
  ]);
  const [ofCsv, ofXlsx] = [written.csv, written.xlsx].map((each) => ({ rows, rounds: each }));
  return {
    rows,
    read: Object.fromEntries(kinds) as Tables['read'],
    written: { csv: kindOf(ofCsv, ofCsv), xlsx: kindOf(ofXlsx, ofCsv) },
  };
}

async function measured(what: string, argument: string, folder: string): Promise<Measured> {
  const began = performance.now();
  const { stdout } = await run(process.execPath, [PROGRAM, what, argument, folder]);
  const result = JSON.parse(stdout) as Measured;
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stderr.write(
    `${what} ${argument}: ${result.cpu_s.toFixed(1)} s of CPU in ${seconds} s, ${result.peak_mb.toFixed()} MB\n`,
  );
  return result;
}

type Rounds = { rows: number; rounds: Measured[] };

function kindOf({ rows, rounds }: Rounds = NONE, csv: Rounds = NONE): Kind {
  const perCsv = rounds.map(({ cpu_s }, i) => cpu_s / rows / ((csv.rounds[i]?.cpu_s ?? NaN) / csv.rows));
  return {
    rows,
    cpu_s: median(rounds.map(({ cpu_s }) => cpu_s)),
    per_csv: median(perCsv),
    peak_mb: Math.max(...rounds.map(({ peak_mb }) => peak_mb)),
    grown_mb: Math.max(...rounds.map(({ peak_mb, idle_mb }) => peak_mb - idle_mb)),
  };
}

const NONE: Rounds = { rows: 0, rounds: [] };
