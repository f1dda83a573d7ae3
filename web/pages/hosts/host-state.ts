import type { Host, HostPage } from '../../api/types.ts';
import { countedUpTo } from '../../data/format.ts';
import type { Choice } from '../../parts/chips.tsx';

/** What the API counts at the most. */
const MOST_COUNTED = 10_000;

export type HostState = 'fine' | 'slow' | 'held' | 'dead';

/** The filters of the page, by what the API calls their states. */
const FILTERS: { id: HostState; name: string; states: string }[] = [
  { id: 'slow', name: 'Slow', states: 'slow' },
  { id: 'held', name: 'Paused', states: 'held' },
  { id: 'dead', name: 'No connection', states: 'parked,given_up' },
];

export function stateOf({ held_until: held, parked, given_up: givenUp, slow }: Host): HostState {
  if (givenUp || parked) return 'dead';
  if (held !== null) return 'held';
  return slow ? 'slow' : 'fine';
}

/** The parameter `state` of the API for a filter; undefined: all hosts. */
export function statesOf(filter: string | undefined): string | undefined {
  return FILTERS.find(({ id }) => id === filter)?.states;
}

export function choicesOf(counts: HostPage['counts_by_state']): Choice[] {
  const { open = 0, slow = 0, held = 0, parked = 0, given_up: givenUp = 0 } = counts ?? {};
  const dead = parked + givenUp;
  const of: Record<string, number> = { slow, held, dead };
  return [
    { id: 'all', name: 'All', count: counts && countedUpTo(open + held + dead, MOST_COUNTED) },
    ...FILTERS.map(({ id, name }) => ({ id, name, count: counts && of[id] })),
  ];
}
