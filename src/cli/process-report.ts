import type { BatchKey } from '../batches/batch.ts';
import { batchBody } from '../batches/batch.body.ts';
import type { BatchRow } from '../batches/batch.queries.ts';
import type { Db } from '../db/database.ts';
import { type ImageRow, listImages } from '../images/image.queries.ts';
import { publicId } from '../ids.ts';
import { plural, say, size, table } from './output.ts';

const FAILURES_SHOWN = 50;

/** What came of the batch, in sentences. */
export async function report(
  db: Db,
  batch: BatchKey,
  row: BatchRow,
  { outputCsv, removed, seconds }: { outputCsv: string; removed: number; seconds: number },
): Promise<void> {
  const failed = await listImages(db, {
    ...batch,
    states: ['failed'],
    code: undefined,
    afterSlot: 0,
    limit: FAILURES_SHOWN,
  });
  const reused = row.reused > 0 ? ` (${row.reused.toLocaleString('en')} of them reused)` : '';
  say(
    `${plural(row.completed, 'image')} completed${reused}, ${row.failed} failed, in ${seconds.toFixed(1)} s.`,
  );
  if (row.bytes_in > 0) say(`${size(row.bytes_in)} of sources became ${size(row.bytes_out)}.`);
  if (failed.length > 0)
    say(`\n${table([['ROW', 'POSITION', 'CODE', 'URL', 'WHY'], ...failed.map(failureCells)])}`);
  if (row.failed > failed.length)
    say(`… and ${row.failed - failed.length} more; all of them are in the output CSV.`);
  if (removed > 0)
    say(`\n${plural(removed, 'image')} of the earlier run were removed: this one did not make them.`);
  say(`\nOutput: ${outputCsv}`);
}

/** The object of `--json` for a batch. @param outputCsv null where none was written */
export function resultOf(
  row: BatchRow,
  { outputCsv, seconds }: { outputCsv: string | null; seconds: number },
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
    webhook,
  };
}

/** The same where there is no batch. */
export const NO_RESULT = {
  ...{ batch: null, state: null, counts: null, reused: null, errors_by_code: {} },
  ...{ output_csv: null, webhook: null },
};

function failureCells(image: ImageRow): string[] {
  const { row_number, position, error_code, error_detail, url } = image;
  const shown = url.length > 60 ? `${url.slice(0, 30)}…${url.slice(-29)}` : url;
  return [String(row_number), String(position), error_code ?? '', shown, error_detail ?? ''];
}
