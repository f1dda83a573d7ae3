import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Flaw, Problem } from '../errors.ts';
import { newUuid } from '../ids.ts';
import type { Preset, Recipe } from '../presets/spec.ts';
import { recipeOf, type RowOptions } from './row-options.ts';
import { type RowOptionRole, leastSideOf } from './doubtful-columns.ts';
import { type Reading, type ReadingRules, type RowTaker, readUpload } from './reading.ts';
import type { TableFormat } from '../csv/table-format.ts';
import { openSpool, type SpoolFiles } from './spool.ts';

/**
 * An upload that may be accepted and is not stored yet: its rows lie in files, in the text form of
 * COPY, ready to be poured into the tables.
 */
export type StagedUpload = {
  batchId: string;
  format: TableFormat;
  files: SpoolFiles;
  products: number;
  images: number;
  /** rows that have errors, of which nothing is made */
  rejectedRows: number;
  /** images of these rows, by error code */
  rejectedImages: Record<string, number>;
  /** what to make, in the order of the numbers in the images; `preset` is for rows that choose none */
  recipes(preset: Preset): Recipe[];
  bytes: number;
  sha256: Buffer;
  warnings: Flaw[];
  warningCount: number;
  rowErrors: Flaw[];
  rowErrorCount: number;
  /** Removes the files. */
  [Symbol.asyncDispose](): Promise<void>;
};

export type StagingRules = Omit<ReadingRules, 'presets' | 'leastSide'> & {
  tenantId: number;
  /** a folder for temporary files */
  folder: string;
  /** those that rows may choose */
  presets: readonly Preset[];
  /** the batch's, for rows that choose none */
  preset?: Preset | undefined;
  /** Whether a row with an error refuses the upload, or is kept as a failed one. */
  onInvalid?: 'reject' | 'skip' | undefined;
};

/**
 * Reads and checks an upload as it arrives. Nothing is stored: either the table can be accepted, or
 * everything that is wrong with it is thrown together.
 * @throws Problem `csv_invalid` with the first 1,000 errors and their full count, `payload_too_large`
 */
export async function stageUpload(chunks: AsyncIterable<Buffer>, rules: StagingRules): Promise<StagedUpload> {
  const batchId = newUuid();
  const folder = join(rules.folder, `upload-${batchId}`);
  await mkdir(folder, { recursive: true });
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const staged = await spoolUpload(chunks, { ...rules, batchId, folder });
    return { ...staged, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function spoolUpload(
  chunks: AsyncIterable<Buffer>,
  rules: StagingRules & { batchId: string },
): Promise<Omit<StagedUpload, typeof Symbol.asyncDispose>> {
  const byName = new Map(rules.presets.map((preset) => [preset.name, preset]));
  await using spool = await openSpool(rules);
  let isRefused = false;
  const take: RowTaker = (row, rowNumber) => {
    if (row.errors.length > 0 && rules.onInvalid === 'skip') return spool.reject(row, rowNumber);
    isRefused ||= row.errors.length > 0; // nothing will be stored; the rest is read for its errors
    return isRefused ? undefined : spool.add(row.product, rowNumber);
  };
  const leastSide = leastSideOf(rules.presets, rules.preset);
  const reading = await readUpload(chunks, { ...rules, presets: new Set(byName.keys()), leastSide }, take);
  const { format, rows, badRows, errors, warnings, bytes, sha256 } = reading;
  if (!format || !reading.isWhole || isRefused) throw refusal(reading);
  return {
    ...{ batchId: rules.batchId, format, files: spool.files, bytes, sha256 },
    ...{ products: rows, images: spool.images(), rejectedRows: badRows, rejectedImages: spool.rejected() },
    recipes: (preset) =>
      spool.choices().map((said) => {
        const choice = withoutRoles(said, reading.unmeant);
        return recipeOf(byName.get(choice.preset ?? '') ?? preset, choice);
      }),
    ...{ warnings: warnings.first, warningCount: warnings.count },
    ...{ rowErrors: errors.first, rowErrorCount: errors.count },
  };
}

/** What the first rows chose by columns that are not meant for pictures, as later rows have shown. */
function withoutRoles(choice: RowOptions, roles: RowOptionRole[]): RowOptions {
  return Object.fromEntries(
    Object.entries(choice).filter(([role]) => !roles.includes(role as RowOptionRole)),
  );
}

function refusal({ errors, rows }: Reading): Problem {
  const count = errors.count === 1 ? 'one error' : `${errors.count} errors`;
  return new Problem('csv_invalid', {
    detail: `The file has ${count} in ${rows} rows, and nothing of it was stored.`,
    flaws: errors.first,
    flawCount: errors.count,
  });
}
