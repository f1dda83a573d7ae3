/**
 * `Retry-After` in milliseconds from now: seconds or an HTTP date (RFC 9110, 10.2.3). A date is relative to
 * the `Date` of the same response where there is one, because the host's clock may differ from ours.
 * @returns 0 for a date in the past; undefined for anything else
 */
export function retryAfterMs(headers: Record<string, string | string[] | undefined>): number | undefined {
  const value = first(headers['retry-after'])?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const until = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN; // Date.parse reads "-5" as a year
  const now = Date.parse(first(headers['date']) ?? '') || Date.now();
  return Number.isNaN(until) ? undefined : Math.max(0, until - now);
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
