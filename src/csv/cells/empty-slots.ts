/** Slots without an address: empty, said to be empty, or with the name of a file. */
import { ENTITY, isNothing } from './address.ts';
import { IMAGE_NAME, MARKS } from './patterns.ts';
import type { Span } from './spans.ts';

const MARK = new RegExp(`[${MARKS}]`, 'g');

/** The slots without an address in the text between two addresses, before the first one, or after the last one. */
export function emptyBetween(text: string, { from, to }: Span): Span[] {
  const gap = text.slice(from, to).replaceAll(ENTITY, (entity) => '_'.repeat(entity.length));
  const marks = [...gap.matchAll(MARK)].map(({ index }) => index);
  const [isFirst, isLast] = [from === 0, to === text.length];
  const pieces = [-1, ...marks].map((at, i) => ({ from: at + 1, to: marks[i] ?? gap.length }));
  return pieces.flatMap((piece, i) => {
    const [isBegin, isEnd] = [i === 0, i === marks.length];
    if (marks.length === 0 || (isBegin && !isFirst) || (isEnd && !isLast)) return [];
    const words = gap.slice(piece.from, piece.to);
    if (!isSlot(words, isBegin || isEnd)) return [];
    const [at, length] = contentOf(words);
    return [{ from: from + piece.from + at, to: from + piece.from + at + length }];
  });
}

/** Where the content of such a slot is: before the next mark, or between quotation marks. */
function contentOf(words: string): [at: number, length: number] {
  const core = words.trim();
  if (!IS_BARE.test(core)) return [words.indexOf(core), core.length];
  const quotes = words.search(/""|''/);
  return [quotes < 0 ? words.length : quotes + 1, 0];
}

const IS_BARE = /^[\s"'[\]{}()<>\\]*$/;

const FILE_NAME = new RegExp(String.raw`^[^\s"'<>=]+${IMAGE_NAME}$`, 'iu');

/** Whether the text between two marks is a slot. The outermost texts belong to the addresses beside them. */
function isSlot(words: string, isOutermost: boolean): boolean {
  const core = words.trim();
  if (core === '' || FILE_NAME.test(core)) return true;
  // In `["a",""]`, the quotation mark before the comma belongs to an address, and the two after it are a slot.
  if (IS_BARE.test(core)) return !isOutermost || /""|''/.test(core);
  return isNothing(core);
}
