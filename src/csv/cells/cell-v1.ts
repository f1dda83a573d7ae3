import { type Span, spansBetween } from './spans.ts';

/**
 * The first cell grammar, which cell.ts replaced: it splits at commas, bars and white space that http:// or https://
 * follows. Batches that were accepted with it keep the positions that it gave their images.
 */
export function splitCellV1(text: string): Span[] {
  const isUrls = /https?:\/\//i.test(text);
  return spansBetween(text, { runs: /[\s,|]+/g, marks: /[,|]/g }, (run, end) => {
    const hasMark = /[,|]/.test(run);
    if (!isUrls) return hasMark || run.includes('\n');
    URL_AT.lastIndex = end;
    return URL_AT.test(text) || (end === text.length && hasMark);
  });
}

const URL_AT = /https?:\/\//iy;
