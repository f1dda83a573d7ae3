import { HOUR_MS, MINUTE_MS, parseDuration, SECOND_MS } from '../units.ts';

/** The delays before each attempt of a delivery, in milliseconds after the previous one. */
export type Schedule = readonly number[];

/** 10 attempts in 75 h 35 min, as Standard Webhooks recommends: some days, with exponential back-off. */
export const DEFAULT_SCHEDULE: Schedule = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];

const JITTER = 0.2;
const AT_LEAST_WHEN_OVERLOADED_MS = 60 * SECOND_MS;

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

/** Parses `0,5s,5m,2h`, up to 50 delays; undefined if it is not valid. */
export function parseSchedule(text: string): Schedule | undefined {
  const waits = text.split(',').map((part) => parseDuration(part.trim()));
  return waits.every((wait) => wait !== undefined) && waits.length <= 50 ? waits : undefined;
}
