const LONGEST_FRESH_S = 30 * 24 * 3_600; // hosts that promise ten years still change files

/**
 * For how many seconds a response is fresh: RFC 9111, 4.2, for a private cache without heuristics. 0 where
 * the host does not say.
 * @param header reads a response header by its lower-case name
 */
export function freshForS(header: (name: string) => string | undefined): number {
  const directives = (header('cache-control') ?? '').toLowerCase().split(',');
  const value = (name: string): string | undefined =>
    directives.map((text) => text.trim().split('=')).find(([key]) => key === name)?.[1] ?? undefined;
  const has = (name: string): boolean => directives.some((text) => text.trim().split('=')[0] === name);
  if (
    has('no-store') ||
    has('no-cache') ||
    (header('vary') ?? '').split(',').some((name) => name.trim() === '*')
  )
    return 0;
  const lifetime = has('max-age') ? seconds(value('max-age')) : untilExpires(header);
  const age = seconds(header('age'));
  return Math.min(Math.max(0, lifetime - age), LONGEST_FRESH_S);
}

/** 0 for anything but a number: RFC 9111, 4.2.1 encourages to treat such a response as stale. */
function seconds(text: string | undefined): number {
  const digits = text?.trim().replaceAll('"', '') ?? '';
  return /^\d{1,10}$/.test(digits) ? Number(digits) : 0;
}

/**
 * By the host's own clock, as the clock of this machine may be wrong. 0 for a host that sends no Date: it has no
 * clock (RFC 9110, 6.6.1).
 */
function untilExpires(header: (name: string) => string | undefined): number {
  const [expires, now] = [Date.parse(header('expires') ?? ''), Date.parse(header('date') ?? '')];
  return Number.isNaN(expires - now) ? 0 : Math.floor((expires - now) / 1000);
}
