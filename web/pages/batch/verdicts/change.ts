import type { Channel } from '../../../api/types.ts';
import type { Demand } from './demand.ts';

/** The next day on which rules of a channel change, and what they demand from then on. */
export type Change = { on: string; rules: Demand[] };

const DAY_MS = 86_400_000;

/** Today in UTC, as the server counts days. */
export function today(): string {
  return dayOf(Date.now());
}

/** @param after a day: changes until then are not told */
export function nextChange({ rules }: Channel, after: string): Change | undefined {
  const days = rules.flatMap(({ from, until }) => [from ?? '', until === undefined ? '' : dayAfter(until)]);
  const [on] = days.filter((day) => day > after).toSorted();
  return on === undefined ? undefined : { on, rules: rules.filter(({ from }) => from === on) };
}

function dayAfter(day: string): string {
  return dayOf(Date.parse(day) + DAY_MS);
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
