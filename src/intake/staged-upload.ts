import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageAllowance } from '../access/quotas.ts';
import { type Flaw, Problem } from '../errors.ts';
import { newUuid } from '../ids.ts';
import type { Preset, Recipe } from '../presets/spec.ts';
import type { TableFormat } from '../csv/table-format.ts';
import { leastSideOf } from './doubtful-columns.ts';
import { readUpload } from './read-upload.ts';
import type { Reading, ReadingRules, RowHandler } from './reading.ts';
import { uploadUrl } from '../pipeline/uploaded-source.ts';
import { recipesOf } from './recipe-numbers.ts';
import type { RowOptionRole, RowOptions } from './row-options.ts';
import type { RowImage } from './rows.ts';
import { Spool, type SpoolFiles } from './spool.ts';
import { type StagedPicture, StagedPictures } from './staged-pictures.ts';

/** A checked upload that is not stored yet: its rows are in the spool's files, ready for COPY. */
export type StagedUpload = AsyncDisposable & {
  batchId: string;
  format: TableFormat;
  /** removed when the staged upload is disposed */
  files: SpoolFiles;
  /** those that came with the table; removed too, unless they are stored */
  pictures: StagedPicture[];
  products: number;
  images: number;
  /** rows with errors: they are kept as failed */
  rejectedRows: number;
  /** images of these rows, by error code */
  rejectedImages: Record<string, number>;
  /** The recipes in the order of the numbers in `images`; `preset` is for rows that choose none. */
  recipes(preset: Preset): Recipe[];
  /** of main images whose rows choose no preset; undefined: the same as of the others */
  mainPreset: Preset | undefined;
  bytes: number;
  /** of the file */
  sha256: Buffer;
  /** the first 1,000 */
  warnings: Flaw[];
  warningCount: number;
  /** the first 1,000 */
  rowErrors: Flaw[];
  rowErrorCount: number;
};

export type StagingRules = Omit<ReadingRules, 'presets' | 'leastSide'> & {
  tenantId: number;
  /** a folder for temporary files */
  folder: string;
  /** those that rows may choose */
  presets: readonly Preset[];
  /** the batch's, for rows that choose none */
  preset?: Preset | undefined;
  /** for main images of rows that choose none, if it is another one */
  mainPreset?: Preset | undefined;
  /** `reject`, the default: one row with an error refuses the upload; `skip`: the row is kept as failed */
  onInvalid?: 'reject' | 'skip' | undefined;
  /** how many images the tenant may upload; the reading stops at the first one above */
  allowance?: ImageAllowance | undefined;
};

/**
 * Reads and checks an upload while it arrives, and stores nothing: either the whole table can be accepted, or
 * all its errors are thrown together.
 * @throws Problem `csv_invalid` with the first 1,000 errors and their full count, `payload_too_large`, and that
 *   of the allowance
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
  const { mainPreset } = rules;
  await using spool = await Spool.open({ ...rules, hasMainPreset: mainPreset !== undefined });
  const pictures = new StagedPictures(join(rules.folder, 'pictures'));
  let isRefused = false;
  const add: RowHandler = (row, rowNumber) => {
    if (row.errors.length > 0 && rules.onInvalid === 'skip') return spool.reject(row, rowNumber);
    isRefused ||= row.errors.length > 0; // nothing will be stored; further rows are read for their errors only
    return isRefused ? undefined : spool.add(row.product, rowNumber);
  };
  const handle: RowHandler = (row, rowNumber) => {
    refuseAbove(rules.allowance, spool.images);
    const isKept = !isRefused && row.errors.length === 0 && row.product.images.some(({ picture }) => picture);
    if (!isKept) return add(row, rowNumber);
    return keepPictures(row.product.images, pictures).then(() => add(row, rowNumber));
  };
  const leastSide = leastSideOf(rules.presets, rules.preset);
  const presets = new Set(byName.keys());
  const reading = await readUpload(chunks, { ...rules, presets, leastSide }, handle);
  const { format, errors, warnings } = reading;
  refuseAbove(rules.allowance, spool.images);
  if (!format || !reading.isWhole || isRefused) throw refusal(reading);
  const rowOptions = spool.rowOptions.map((each) => withoutRoles(each, reading.unmeant));
  return {
    batchId: rules.batchId,
    format,
    files: spool.files,
    pictures: pictures.all,
    products: reading.rows,
    images: spool.images,
    rejectedRows: reading.badRows,
    rejectedImages: spool.rejected,
    recipes: (preset) => recipesOf(rowOptions, { preset, mainPreset }, byName),
    mainPreset,
    bytes: reading.bytes,
    sha256: reading.sha256,
    warnings: warnings.first,
    warningCount: warnings.count,
    rowErrors: errors.first,
    rowErrorCount: errors.count,
  };
}

async function keepPictures(images: RowImage[], pictures: StagedPictures): Promise<void> {
  for (const image of images) if (image.picture) image.url = uploadUrl(await pictures.add(image.picture));
}

function refuseAbove(allowance: ImageAllowance | undefined, images: number): void {
  if (allowance && images > allowance.images) throw allowance.exceeded();
}

/** Drops what the first rows seemed to choose, from columns that later rows showed to mean something else. */
function withoutRoles(rowOptions: RowOptions, roles: RowOptionRole[]): RowOptions {
  const kept = Object.entries(rowOptions).filter(([role]) => !roles.includes(role as RowOptionRole));
  return Object.fromEntries(kept);
}

function refusal({ errors, rows }: Reading): Problem {
  const count = errors.count === 1 ? 'one error' : `${errors.count} errors`;
  const within = rows === 0 ? '' : rows === 1 ? ' in one row' : ` in ${rows} rows`;
  return new Problem('csv_invalid', {
    detail: `The file has ${count}${within}, and nothing of it was stored.`,
    flaws: errors.first,
    flawCount: errors.count,
  });
}
