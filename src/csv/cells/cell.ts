/**
 * The grammar of a cell that names images: what people and programs write between and around addresses.
 *
 * An address begins with its scheme, wherever that stands. It ends where a separator is followed by the
 * next one, or by what cannot be a part of it: a URL may hold commas, semicolons, bars and other URLs
 * itself. What stands between two addresses is marks, of which each but the first shows an empty slot;
 * words for "no image", which are slots without an address; and text, which is no slot.
 */
import { ENTITY, INVISIBLE, isNothing } from './address.ts';
import { type Span, spansBetween } from './spans.ts';

/** Where each slot of a cell stands, in order. One walk through the cell, whatever it holds. */
export function splitCell(text: string): Span[] {
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

// Nearly every cell is addresses with a mark between them; these are split in a fifth of the time.
const PLAIN_URL = String.raw`https?:\/\/[\w.-]+(?::\d+)?\/(?:[\w~\/?#=%+&.-]*[\w~\/=%+-])?`;
const PLAIN = new RegExp(`^${PLAIN_URL}(?:(?:[,;|] ?| )${PLAIN_URL})*$`, 'i');

const MARKS = ',;|，；、｜،';
const IMAGE_NAME = String.raw`\.(?:jpe?g|jfif|png|webp|gif|avif|tiff?|bmp|svg|heic|heif|jxl|jp2|psd|ico)`;
const SCHEME = String.raw`h(?:tt|xx)ps?(?:[:：]|%3a|&#0*58;|&colon;)(?:[/\\／]|%2f|&#0*47;|&#x2f;|&sol;)+`;
const OTHER_SCHEME = String.raw`(?<![a-z\d+.-])(?:(?:s?ftps?|file|s3|gs|blob|ipfs|smb):\/\/|data:image\/)`;
const NO_SCHEME = String.raw`(?<![^\s${MARKS}"'“‘<([{=>])(?:\\?\/\\?\/(?=[\p{L}\p{N}][^\s/]{0,252}\.)|www\.(?=[\p{L}\p{N}-]{1,63}\.))`;
const BEGINNING = `(?:${SCHEME}|${OTHER_SCHEME}|${NO_SCHEME})`;
const BEGINNINGS = new RegExp(BEGINNING, 'giu');

const MANY = 1_000; // a row of half as many is refused, and more of them only take time

function addressesIn(text: string): Span[] {
  const addresses: Span[] = [];
  const isWanted = wantedIn(text);
  let from = 0;
  for (let at = 0; ;) {
    BEGINNINGS.lastIndex = at;
    const found = BEGINNINGS.exec(text);
    if (!found || addresses.length === MANY) return addresses;
    const to = endOfAddress(text, found.index);
    at = to;
    if (!isWanted(text.slice(from, found.index), addresses.length)) continue;
    addresses.push({ from: found.index, to });
    from = to;
  }
}

/** Pages and formulas name an address twice, or that of a page beside that of its image. */
function wantedIn(text: string): (before: string, count: number) => boolean {
  if (/<img\s/i.test(text)) return (before) => /(?<![\w-])src\s*=\s*\\?["']?$/i.test(before.slice(-20));
  if (/<a\s/i.test(text)) return (before) => /\bhref\s*=\s*\\?["']?$/i.test(before.slice(-20));
  if (/^=\s*hyperlink\s*\(/i.test(text)) return (_, count) => count === 0;
  return (before) => !/^\)?\]\($/.test(before); // Markdown: [the image](the page)
}

/**
 * Runs of what may separate. An entity is none, though it ends with a semicolon. The last one is for
 * addresses that follow on each other with hardly anything between.
 */
const RUNS = new RegExp(
  [
    String.raw`(&(?:amp|quot|apos|lt|gt|colon|sol|#(?!0*(?:10|13|32|160);)\d{1,5}|#x[\da-f]{1,4});)`,
    String.raw`(?:[\s${MARKS}]|${INVISIBLE.source}|<\/?(?:br|p|li|div)\b[^<>]{0,200}>|&nbsp;|&#0*(?:10|13|32|160);|\\[rnt]|::)+`,
    String.raw`(?<=${IMAGE_NAME})[~^#+*$@•·>!-]{0,3}(?=https?:\/\/)`,
  ].join('|'),
  'giu',
);

function endOfAddress(text: string, from: number): number {
  const closed = closingOf(text, from);
  RUNS.lastIndex = from;
  // Not in all of the text: of `"http://a"http://b"…` each address would look for a run up to the end.
  for (const { index, 0: run, 1: entity } of text.slice(0, closed).matchAll(RUNS)) {
    if (index >= closed) break;
    if (entity !== undefined || index === from) continue;
    if (isSeparator(text, { from, index, run })) return trimmedEnd(text, from, index);
  }
  return trimmedEnd(text, from, closed);
}

const CLOSING: Record<string, string> = {
  ...{ '"': '"', "'": "'", '`': '`', '<': '>', '(': ')', '[': ']', '{': '}' },
  ...{ '“': '”', '‘': '’', '„': '“', '«': '»', '‹': '›' },
};
const MAX_QUOTED = 4_000;

/** Where the quotation mark or bracket before an address is closed; the end of the text where there is none. */
function closingOf(text: string, from: number): number {
  const opening = text[from - 1] ?? '';
  const closing = CLOSING[opening];
  if (closing === undefined) return text.length;
  let depth = 1;
  for (let at = from; at < text.length && at < from + MAX_QUOTED; at += 1) {
    if (text[at] === closing) depth -= 1;
    else if (text[at] === opening) depth += 1;
    if (depth === 0) return at;
  }
  return text.length;
}

const OPENED = new RegExp(
  String.raw`(?:["'“”„‘’«‹<(\[{\x60]|\\"|!?\[[^\]\n]{0,100}\]\(|[*•·+&/–-]\s){0,4}${BEGINNING}`,
  'iuy',
);
const LABELLED = new RegExp(
  String.raw`(?:<[^<>]{0,200}>|[^${MARKS}\n/?&<>]){1,60}?(?<![\p{L}\p{N}])${BEGINNING}`,
  'iuy',
);
const NAMED = new RegExp(String.raw`\p{L}[\p{L}\p{N}_ -]{0,39}[=:]\s?["']?${BEGINNING}`, 'iuy');
const NOTHING_SAID = new RegExp(String.raw`([^${MARKS}\n]{1,30}?)\s*(?:[${MARKS}\n]|$)`, 'uy');
const REST_OF_NAME = new RegExp(
  String.raw`[^${MARKS}\n]{0,200}${IMAGE_NAME}(?:[?#]\S{0,1000})?\s*(?:[${MARKS}\n"'>)\]]|$)`,
  'iuy',
);
const PLAIN_NAME_ENDS = new RegExp(String.raw`${IMAGE_NAME}["')\]}>]*$`, 'iu');
const NAME_ENDS = new RegExp(String.raw`${IMAGE_NAME}(?:[?#]\S{0,200})?["')\]}>.]*$`, 'iu');
const LOOK_BACK = 300;

type Run = { from: number; index: number; run: string };

/** Whether the address ends at this run: the next one follows, or what cannot be a part of it. */
function isSeparator(text: string, { from, index, run }: Run): boolean {
  const end = index + run.length;
  if (end === text.length || isAt(OPENED, text, end)) return true;
  const before = text.slice(Math.max(from, index - LOOK_BACK), index);
  const isSpaced = /[\s|｜]/.test(run);
  const isWhole = (isSpaced ? NAME_ENDS : PLAIN_NAME_ENDS).test(before); // a comma in a query is a part of it
  if (!isWhole && !isSpaced) return false;
  if (
    isAt(/\s/.test(run) ? LABELLED : NAMED, text, end) ||
    ((isWhole || /\s/.test(run)) && saysNothing(text, end))
  )
    return true;
  const goesOn = isAt(REST_OF_NAME, text, end);
  if (/[\r\n]/.test(run)) return isWhole || !goesOn;
  if (!isWhole) return !goesOn && (/\s[|｜]\s/.test(run) || /^!\s/.test(text.slice(end, end + 2)));
  return /[|｜]|,,|;;/.test(run) || (isSpaced && (/[,;]/.test(run) || !goesOn));
}

function isAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function saysNothing(text: string, at: number): boolean {
  NOTHING_SAID.lastIndex = at;
  const word = NOTHING_SAID.exec(text)?.[1];
  return word !== undefined && isNothing(word);
}

const PAIRS = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['<', '>'],
] as const;

/** Without marks, quotation marks, and brackets that it did not open itself. */
function trimmedEnd(text: string, from: number, to: number): number {
  const address = text.slice(from, to);
  const open: Record<string, number> = {};
  for (const [opening, closing] of PAIRS)
    open[closing] = address.split(opening).length - address.split(closing).length;
  let end = to;
  for (; end > from; end -= 1) {
    const last = text[end - 1] ?? '';
    if (/[\s.,:"'“”’»›`\\]/u.test(last) || INVISIBLE.test(last)) continue;
    if ((open[last] ?? 0) >= 0) break;
    open[last] = (open[last] ?? 0) + 1;
  }
  return Math.max(end, from + 1);
}

const MARK = new RegExp(`[${MARKS}]`, 'g');

/** The slots without an address in what stands between two of them, before the first one or behind the last. */
function emptyBetween(text: string, { from, to }: Span): Span[] {
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

/** Where the content of a place without an address stands in it: before the next mark, or between quotation marks. */
function contentOf(words: string): [at: number, length: number] {
  const core = words.trim();
  if (!IS_BARE.test(core)) return [words.indexOf(core), core.length];
  const quotes = words.search(/""|''/);
  return [quotes < 0 ? words.length : quotes + 1, 0];
}

const IS_BARE = /^[\s"'[\]{}()<>\\]*$/;

const FILE_NAME = new RegExp(String.raw`^[^\s"'<>=]+${IMAGE_NAME}$`, 'iu');

/** Whether a place without an address is a slot: empty, said to be so, or with the name of a file. */
function isSlot(words: string, isOutermost: boolean): boolean {
  const core = words.trim();
  if (core === '' || FILE_NAME.test(core)) return true;
  // Of `["a",""]` the quotation mark before the comma belongs to an address, and the two behind it are a slot.
  if (IS_BARE.test(core)) return !isOutermost || /""|''/.test(core);
  return isNothing(core);
}

/** Names of files: a comma, a bar or a line separates them, and a semicolon behind a whole name. */
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
