/**
 * Milliseconds of a `Retry-After`: seconds or an HTTP date (RFC 9110, 10.2.3). A date is held against the
 * `Date` of the same answer where there is one, because the host's clock is not ours.
 * @returns undefined where it is neither; a date that is past is 0
 */
export function retryAfterMs(headers: Record<string, string | string[] | undefined>): number | undefined {
  const value = first(headers['retry-after'])?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const until = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN; // Date.parse takes "-5" for a year
  const now = Date.parse(first(headers['date']) ?? '') || Date.now();
  return Number.isNaN(until) ? undefined : Math.max(0, until - now);
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
