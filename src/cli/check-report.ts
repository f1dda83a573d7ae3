import type { BatchKey } from '../batches/batch.ts';
import type { CheckChoice } from '../channels/check-query.ts';
import type { Channel } from '../channels/rule.ts';
import { NOT_JUDGED } from '../channels/verdict.ts';
import { BatchCheck } from '../results/check/check.ts';
import { type CheckSummary, summaries } from '../results/check/summary.ts';
import { findResults } from '../results/results.queries.ts';
import type { Services } from '../services.ts';
import { say, table } from './output.ts';

/** Opens the check of a batch that has ended in this process. */
export async function openRunCheck(
  { config, database }: Services,
  batch: BatchKey,
  request: CheckChoice & { channels: Channel[] },
): Promise<BatchCheck> {
  const results = await findResults(database.db, batch);
  if (!results) throw new Error('the batch no longer exists');
  return new BatchCheck(database.db, results, request, config.filesUrl);
}

/** Counts what each channel says, and tells it in tables. */
export async function reportCheck(check: BatchCheck): Promise<CheckSummary[]> {
  const found = await summaries(check);
  for (const summary of found) say(`\n${inWords(summary)}`);
  return found;
}

export function sayNotJudged(): void {
  say(`\nNot judged: ${NOT_JUDGED.join('; ')}.`);
}

/** Whether some image fails what a channel demands. */
export function hasFailed(found: readonly CheckSummary[]): boolean {
  return found.some(({ images }) => images.fail > 0);
}

function inWords({ title, of, renditions, as_of, images, rules }: CheckSummary): string {
  const what = of === 'source' ? 'sources' : `outputs (${renditions.join(', ')})`;
  const counts = (['pass', 'warn', 'fail', 'unknown'] as const).map((word) => `${images[word]} ${word}`);
  const head = `${title}, ${what}, rules of ${as_of}: ${counts.join(', ')}.`;
  const told = rules.filter(({ failed, unknown }) => failed > 0 || unknown > 0);
  if (told.length === 0) return head;
  const rows = told.map(({ rule, of: side, level, required, failed, unknown, worst, source }) => [
    side === undefined || side === 'both_sides' ? rule : `${rule} of ${side}`,
    level,
    String(required),
    String(failed),
    String(unknown),
    worst ? `${worst.measured} (image ${worst.slot})` : '',
    source ? `${new URL(source.url).hostname}, ${source.seen}` : '',
  ]);
  return `${head}\n${table([HEADER, ...rows])}`;
}

const HEADER = ['RULE', 'LEVEL', 'REQUIRED', 'FAILED', 'UNKNOWN', 'WORST', 'READ AT'];
