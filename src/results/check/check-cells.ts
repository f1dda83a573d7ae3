import type { Channel } from '../../channels/rule.ts';
import type { VerdictWord } from '../../channels/verdict.ts';
import { wordsOf } from '../../channels/words.ts';
import type { ProductResult } from '../results.queries.ts';
import type { BatchCheck, CheckedPicture } from './check.ts';

export const checkColumn = ({ name }: Channel): string => `Check (${name})`;

/** Worst first: a product is as good as its worst picture. */
const WORST: readonly VerdictWord[] = ['fail', 'unknown', 'warn', 'pass'];

/** The cells of products, one for each channel: the worst verdict, and what each position does not meet. */
export async function checkCells(check: BatchCheck, products: ProductResult[]): Promise<string[][]> {
  const slots = slotsOf(products);
  const cells = new Map(products.map((product) => [product.rowNumber, product.cells]));
  const pictures = slots ? await check.ofProducts(slots, cells) : [];
  const byRow = Map.groupBy(pictures, ({ row }) => row.row_number);
  return products.map(({ rowNumber }) =>
    check.request.channels.map((_, i) => cellOf(byRow.get(rowNumber) ?? [], i)),
  );
}

function slotsOf(products: ProductResult[]): { from: number; to: number } | undefined {
  const [first, last] = [products[0], products.at(-1)];
  return first && last ? { from: first.firstSlot, to: last.firstSlot + last.images.length } : undefined;
}

function cellOf(pictures: CheckedPicture[], channel: number): string {
  const verdicts = pictures.flatMap(({ row: { position }, verdicts: all }) => {
    const verdict = all[channel];
    return verdict ? [{ position, verdict }] : [];
  });
  const worst = WORST.find((word) => verdicts.some(({ verdict }) => verdict.verdict === word));
  if (worst === undefined) return '';
  const why = verdicts.flatMap(({ position, verdict }) => {
    const { failed, advised } = wordsOf(verdict);
    return [...failed, ...advised].map((text) => `${position}:${text}`);
  });
  return why.length > 0 ? `${worst}: ${why.join('; ')}` : worst;
}
