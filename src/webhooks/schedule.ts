/** The delays before each attempt of a delivery, in milliseconds after the previous one. */
export type Schedule = readonly number[];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** 10 attempts in 75 h 35 min, as Standard Webhooks recommends: some days, with exponential back-off. */
export const DEFAULT_SCHEDULE: Schedule = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
];

const JITTER = 0.2;
const AT_LEAST_WHEN_OVERLOADED_MS = 60 * SECOND;

/** What a failed attempt implies for the next one. */
export type Overload = { retryAfterMs: number | undefined; isOverloaded: boolean };

/**
 * The delay after attempt number `attempt` (from 1) failed, in milliseconds; undefined after the last one.
 * `Retry-After` is honoured, clamped to 1-2x the scheduled delay; after a 429 or a time-out the delay is
 * at least a minute.
 * @param random 0 to 1, for the jitter
 */
export function waitAfter(
  schedule: Schedule,
  attempt: number,
  { retryAfterMs, isOverloaded }: Overload,
  random: number,
): number | undefined {
  const base = schedule[attempt];
  if (base === undefined) return undefined;
  const jittered = base * (1 + JITTER * (2 * random - 1));
  const asked = retryAfterMs === undefined ? jittered : Math.min(Math.max(retryAfterMs, base), 2 * base);
  return Math.max(asked, isOverloaded ? AT_LEAST_WHEN_OVERLOADED_MS : 0);
}

const UNITS: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR };

/** Parses `0,5s,5m,2h`, up to 50 delays; undefined if it is not valid. */
export function parseSchedule(text: string): Schedule | undefined {
  const waits = text.split(',').map((part) => parseDuration(part.trim()));
  return waits.every((wait) => wait !== undefined) && waits.length <= 50 ? waits : undefined;
}

/** Parses `500ms`, `15s`, `5m`, `2h`, or a number of seconds, to milliseconds; undefined if it is not valid. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d{1,9})(ms|s|m|h)?$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit] ?? 0);
}
