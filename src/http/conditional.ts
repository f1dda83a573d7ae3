/** Conditional and range requests for a file whose ETag is strong (RFC 9110, 13 and 14). */
import type { IncomingHttpHeaders } from 'node:http';

type File = { bytes: number; etag: string; modifiedAt: Date };

/** Which bytes to send, both ends included; 304 not modified, 412 a precondition failed, 416 no such bytes. */
export type Verdict =
  | { status: 200 | 304 | 412 | 416 }
  | { status: 206; range: { from: number; to: number } };

const CONDITIONS = [
  ...['if-match', 'if-unmodified-since', 'if-none-match', 'if-modified-since'],
  'range',
] as const;

/** Whether a request may get anything else than the whole file. */
export function isConditional(headers: IncomingHttpHeaders): boolean {
  return CONDITIONS.some((name) => headers[name] !== undefined);
}

/** Judges a request in the order of RFC 9110, 13.2.2. */
export function judge(headers: IncomingHttpHeaders, file: File): Verdict {
  if (!isAsExpected(headers, file)) return { status: 412 };
  if (isUnmodified(headers, file)) return { status: 304 };
  return rangeOf(headers, file);
}

function isAsExpected(headers: IncomingHttpHeaders, file: File): boolean {
  const tags = headers['if-match'];
  if (tags !== undefined) return tags.trim() === '*' || tagsIn(tags).includes(file.etag);
  return !isLaterThan(file, headers['if-unmodified-since']);
}

function isUnmodified(headers: IncomingHttpHeaders, file: File): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined)
    return tags.trim() === '*' || tagsIn(tags).some((tag) => tag.replace(/^W\//, '') === file.etag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && secondsOf(file) <= since / 1000;
}

function rangeOf(headers: IncomingHttpHeaders, file: File): Verdict {
  const { range: wanted = '' } = headers;
  const condition = headers['if-range']?.toString();
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(wanted) ?? [];
  if ((first === '' && last === '') || !isCurrent(condition, file)) return { status: 200 };
  const end = file.bytes - 1;
  const from = first === '' ? Math.max(0, file.bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? end : Math.min(Number(last), end);
  if (first !== '' && last !== '' && Number(last) < from) return { status: 200 }; // not a range
  if (from > end) return { status: 416 };
  return { status: 206, range: { from, to } };
}

/** `If-Range`: a strong tag, or the exact date. */
function isCurrent(condition: string | undefined, file: File): boolean {
  if (condition === undefined) return true;
  if (condition.includes('"')) return condition.trim() === file.etag;
  return Date.parse(condition) / 1000 === secondsOf(file);
}

function isLaterThan(file: File, date = ''): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && secondsOf(file) > time / 1000;
}

/** Dates in headers have no fractions of a second. */
function secondsOf({ modifiedAt }: File): number {
  return Math.floor(modifiedAt.getTime() / 1000);
}

function tagsIn(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}
