/** Where an address in a cell ends. */
import { INVISIBLE, isNothing } from './address.ts';
import { BEGINNING, IMAGE_NAME, LOOK_BACK, MARKS, NAME_ENDS } from './patterns.ts';

/**
 * Runs of characters that may separate addresses. An entity (first group) separates nothing, although it ends
 * with a semicolon. The last alternative is for addresses with hardly anything between them.
 */
const RUNS = new RegExp(
  [
    String.raw`(&(?:amp|quot|apos|lt|gt|colon|sol|#(?!0*(?:10|13|32|160);)\d{1,5}|#x[\da-f]{1,4});)`,
    String.raw`(?:[\s${MARKS}]|${INVISIBLE.source}|<\/?(?:br|p|li|div)\b[^<>]{0,200}>|&nbsp;|&#0*(?:10|13|32|160);|\\[rnt]|::)+`,
    String.raw`(?<=${IMAGE_NAME})[~^#+*$@•·>!-]{0,3}(?=https?:\/\/)`,
  ].join('|'),
  'giu',
);

/** @param from where the address begins @returns where it ends, without marks, quotation marks and brackets around it */
export function endOfAddress(text: string, from: number): number {
  const closed = closingOf(text, from);
  RUNS.lastIndex = from;
  // Only up to `closed`: otherwise each address in `"http://a"http://b"…` would search for a run up to the end.
  for (const { index, 0: run, 1: entity } of text.slice(0, closed).matchAll(RUNS)) {
    if (index >= closed) break;
    if (entity !== undefined || index === from) continue;
    if (isSeparator(text, { from, index, run })) return trimmedEnd(text, from, index);
  }
  return trimmedEnd(text, from, closed);
}

const CLOSING: Record<string, string> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '<': '>',
  '(': ')',
  '[': ']',
  '{': '}',
  '“': '”',
  '‘': '’',
  '„': '“',
  '«': '»',
  '‹': '›',
};
const MAX_QUOTED = 4_000;

/** Where the quotation mark or bracket before an address is closed; the end of the text if there is none. */
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
const PLACEHOLDER = new RegExp(String.raw`([^${MARKS}\n]{1,30}?)\s*(?:[${MARKS}\n]|$)`, 'uy');
const REST_OF_NAME = new RegExp(
  String.raw`[^${MARKS}\n]{0,200}${IMAGE_NAME}(?:[?#]\S{0,1000})?\s*(?:[${MARKS}\n"'>)\]]|$)`,
  'iuy',
);
const PLAIN_NAME_ENDS = new RegExp(String.raw`${IMAGE_NAME}["')\]}>]*$`, 'iu');

type Run = { from: number; index: number; run: string };

/** Whether the address ends at this run: the next address follows, or text that cannot be a part of it. */
function isSeparator(text: string, { from, index, run }: Run): boolean {
  const end = index + run.length;
  if (end === text.length || isAt(OPENED, text, end)) return true;
  const before = text.slice(Math.max(from, index - LOOK_BACK), index);
  const isSpaced = /[\s|｜]/.test(run);
  const isWhole = (isSpaced ? NAME_ENDS : PLAIN_NAME_ENDS).test(before); // a comma in a query belongs to the address
  if (!isWhole && !isSpaced) return false;
  if (
    isAt(/\s/.test(run) ? LABELLED : NAMED, text, end) ||
    ((isWhole || /\s/.test(run)) && isPlaceholder(text, end))
  )
    return true;
  const continues = isAt(REST_OF_NAME, text, end);
  if (/[\r\n]/.test(run)) return isWhole || !continues;
  if (!isWhole) return !continues && (/\s[|｜]\s/.test(run) || /^!\s/.test(text.slice(end, end + 2)));
  return /[|｜]|,,|;;/.test(run) || (isSpaced && (/[,;]/.test(run) || !continues));
}

function isAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function isPlaceholder(text: string, at: number): boolean {
  PLACEHOLDER.lastIndex = at;
  const word = PLACEHOLDER.exec(text)?.[1];
  return word !== undefined && isNothing(word);
}

const PAIRS = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['<', '>'],
] as const;

/** Leaves out marks, quotation marks, and brackets that the address did not open itself. */
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
