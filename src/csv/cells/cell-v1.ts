import { type Span, spansBetween } from './spans.ts';

/**
 * How cells were split until the grammar of cell.ts: at commas, bars and white space where http:// or
 * https:// follows. Batches that were accepted then have images by the positions that it gave.
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
