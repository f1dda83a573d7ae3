import type { BatchKey } from '../batches/batch.ts';
import { batchBody } from '../batches/batch.body.ts';
import type { BatchRow } from '../batches/batch.queries.ts';
import type { Db } from '../db/database.ts';
import { type ImageRow, listImages } from '../images/image.queries.ts';
import { publicId } from '../ids.ts';
import { isFile, wordsOfProblem } from '../pipeline/problem-words.ts';
import type { StagedUpload } from '../intake/staged-upload.ts';
import type { WrittenFolder } from '../results/folder.ts';
import { flawLines, plural, say, size, table } from './output.ts';

const WARNINGS_SHOWN = 5; // warnings about whole columns are the first ones
const FAILURES_SHOWN = 50;

/** What was read from the CSV, in sentences. */
export function sayStaged(file: string, staged: StagedUpload): void {
  const { products, images, warnings, warningCount, rejectedRows, rowErrors, rowErrorCount } = staged;
  const counts = [plural(products, 'product'), plural(images, 'image'), plural(warningCount, 'warning')];
  say(`${file}: ${counts.join(', ')}.`);
  if (warningCount > 0) say(flawLines(warnings.slice(0, WARNINGS_SHOWN), warningCount));
  if (rejectedRows > 0)
    say(
      `${plural(rejectedRows, 'row has errors and is', 'rows have errors and are')} skipped:\n${flawLines(rowErrors, rowErrorCount)}`,
    );
}

/** The result of the batch, in sentences. */
export async function report(
  db: Db,
  batch: BatchKey,
  row: BatchRow,
  { path, removed, table: tablePath, tableProblem, seconds }: WrittenFolder & { seconds: number },
): Promise<void> {
  const failed = await listImages(db, {
    ...batch,
    states: ['failed'],
    afterSlot: 0,
    limit: FAILURES_SHOWN,
  });
  const reused = row.reused > 0 ? ` (${row.reused.toLocaleString('en')} of them reused)` : '';
  say(
    `${plural(row.completed, 'image')} completed${reused}, ${row.failed} failed, in ${seconds.toFixed(1)} s.`,
  );
  if (row.bytes_in > 0)
    say(`${size(row.bytes_in)} of source images became ${size(row.bytes_out)} of renditions.`);
  if (failed.length > 0)
    say(`\n${table([['ROW', 'POSITION', 'CODE', 'URL', 'WHY'], ...failed.map(failureCells)])}`);
  if (row.failed > 0) say(`\nWhat to do:\n${adviceLines(row, failed)}`);
  if (row.failed > failed.length)
    say(`… and ${row.failed - failed.length} more: output.csv lists all of them.`);
  if (removed > 0)
    say(
      `\n${plural(removed, 'image')} of the earlier run ${removed === 1 ? 'was' : 'were'} removed: this run did not make ${removed === 1 ? 'it' : 'them'}.`,
    );
  if (tableProblem) say(`\n${tableProblem.message}`);
  say(`\nOutput: ${[path, tablePath].filter(Boolean).join(', ')}`);
}

/** The object that `--json` prints. @param outputCsv null if none was written; `table`: the same in another format */
export function resultOf(
  row: BatchRow,
  { outputCsv, table: output, seconds }: { outputCsv: string | null; table?: string; seconds: number },
) {
  const { counts, webhook } = batchBody(row, '');
  return {
    batch: publicId('bat', row.batch_id),
    state: row.state,
    counts,
    reused: row.reused,
    errors_by_code: row.errors_by_code,
    seconds,
    output_csv: outputCsv,
    output: output ?? null,
    webhook,
  };
}

/** The object that `--json` prints when there is no batch. */
export const NO_RESULT = {
  batch: null,
  state: null,
  counts: null,
  reused: null,
  errors_by_code: {},
  output_csv: null,
  output: null,
  webhook: null,
};

/**
 * Advice by code, the most frequent one first. Lines are not cut, as those of a table would be.
 * @param failed the first failed images: where all of a code are files, the advice is about files
 */
function adviceLines({ errors_by_code }: BatchRow, failed: ImageRow[]): string {
  const codes = Object.entries(errors_by_code).toSorted(([, a], [, b]) => b - a);
  return codes
    .map(([code, images]) => {
      const urls = failed.filter(({ error_code }) => error_code === code).map(({ url }) => url);
      const { advice } = wordsOfProblem(code, urls.every(isFile) ? urls[0] : undefined);
      return `  ${code} (${images}): ${advice}`;
    })
    .join('\n');
}

function failureCells(image: ImageRow): string[] {
  const { row_number, position, error_code, error_detail, url } = image;
  const shown = url.length > 60 ? `${url.slice(0, 30)}…${url.slice(-29)}` : url;
  return [String(row_number), String(position), error_code ?? '', shown, error_detail ?? ''];
}
