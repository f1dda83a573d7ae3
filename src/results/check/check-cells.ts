import type { Channel } from '../../channels/rule.ts';
import type { Verdict, VerdictWord } from '../../channels/verdict.ts';
import { wordsOf } from '../../channels/words.ts';
import type { ProductResult } from '../results.queries.ts';
import type { BatchCheck } from './check.ts';

export const checkColumn = ({ name }: Channel): string => `Check (${name})`;

/** Worst first: a product is as good as its worst picture. */
const WORST: readonly VerdictWord[] = ['fail', 'unknown', 'warn', 'pass'];

/** The cells of products, one for each channel: the worst verdict, and what each position does not meet. */
export async function checkCells(check: BatchCheck, products: ProductResult[]): Promise<string[][]> {
  const verdicts = await check.ofProducts(products);
  return products.map(({ images }, row) =>
    check.request.channels.map((_, channel) =>
      cellOf(
        images.flatMap(({ position }, i) => {
          const verdict = verdicts[row]?.[i]?.[channel];
          return verdict ? [{ position, verdict }] : [];
        }),
      ),
    ),
  );
}

function cellOf(verdicts: { position: number; verdict: Verdict }[]): string {
  const worst = WORST.find((word) => verdicts.some(({ verdict }) => verdict.verdict === word));
  if (worst === undefined) return '';
  const why = verdicts.flatMap(({ position, verdict }) => {
    const { failed, advised } = wordsOf(verdict);
    return [...failed, ...advised].map((text) => `${position}:${text}`);
  });
  return why.length > 0 ? `${worst}: ${why.join('; ')}` : worst;
}
