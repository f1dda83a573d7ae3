/**
 * The grammar of a cell that names images: what people and programs write between and around addresses.
 *
 * An address begins with its scheme, wherever in the cell that is. It ends at a separator that is followed by the
 * next address, or by text that cannot be a part of it: a URL may itself hold commas, semicolons, bars and other
 * URLs. Between two addresses there are marks, of which each but the first shows an empty slot; placeholders such
 * as "no image", which are slots without an address; and other text, which is no slot.
 */
import { endOfAddress } from './address-end.ts';
import { emptyBetween } from './empty-slots.ts';
import { BEGINNING, LOOK_BACK, NAME_ENDS } from './patterns.ts';
import { type Span, spansBetween } from './spans.ts';

/** The spans of the slots of a cell, in order, found in one pass. */
export function splitCell(text: string): Span[] {
  if (ONE_URL.test(text)) return [{ from: 0, to: text.length }];
  if (PLAIN.test(text) && !(text.includes('&') && text.includes(';')))
    return spansBetween(text, { runs: /[,;| ]+/g, marks: /[,;|]/g }, () => true);
  const addresses = addressesIn(text);
  if (addresses.length === 0) return splitPaths(text);
  const spans: Span[] = [];
  let from = 0;
  for (const address of addresses) {
    spans.push(...emptyBetween(text, { from, to: address.from }), address);
    from = address.to;
  }
  spans.push(...emptyBetween(text, { from, to: text.length }));
  return spans;
}

// Nearly every cell holds plain addresses with a mark between them. These are split five times faster.
const PLAIN_URL = String.raw`https?:\/\/[\w.-]+(?::\d+)?\/(?:[\w~\/?#=%+&.-]*[\w~\/=%+-])?`;
const ONE_URL = new RegExp(`^${PLAIN_URL}$`, 'i');
const PLAIN = new RegExp(`^${PLAIN_URL}(?:(?:[,;|] ?| )${PLAIN_URL})*$`, 'i');

const BEGINNINGS = new RegExp(BEGINNING, 'giu');

const MAX_ADDRESSES = 1_000; // a row with half as many is rejected, so more would only take time

function addressesIn(text: string): Span[] {
  const addresses: Span[] = [];
  const isWanted = wantedIn(text);
  let end = 0; // of the last address
  let from = nextBeginning(text, 0);
  while (from !== undefined && addresses.length < MAX_ADDRESSES) {
    const to = endOfAddress(text, from);
    if (isWanted(text.slice(end, from), addresses.length)) {
      addresses.push({ from, to });
      end = to;
    }
    from = nextBeginning(text, to);
  }
  return addresses;
}

function nextBeginning(text: string, from: number): number | undefined {
  BEGINNINGS.lastIndex = from;
  return BEGINNINGS.exec(text)?.index;
}

/** HTML, Markdown and formulas hold an address twice, or that of a page beside that of the image. */
function wantedIn(text: string): (before: string, count: number) => boolean {
  if (/<img\s/i.test(text)) return (before) => /(?<![\w-])src\s*=\s*\\?["']?$/i.test(before.slice(-20));
  if (/<a\s/i.test(text)) return (before) => /\bhref\s*=\s*\\?["']?$/i.test(before.slice(-20));
  if (/^=\s*hyperlink\s*\(/i.test(text)) return (_, count) => count === 0;
  return (before) => !/^\)?\]\($/.test(before); // Markdown: [the image](the page)
}

/** Splits names of files: at commas, bars and line ends, and at a semicolon after a whole name. */
function splitPaths(text: string): Span[] {
  return spansBetween(text, { runs: /[\s,;|，；、｜]+/g, marks: /[,;|，；、｜]/g }, (run, end, index) => {
    if (/[,|\n，；、｜]/.test(run)) return true;
    if (!run.includes(';')) return false;
    return (
      end === text.length ||
      NAME_ENDS.test(text.slice(Math.max(0, index - LOOK_BACK), index)) ||
      run.includes(';;')
    );
  });
}
