import type { Host } from '../../api/types.ts';

export type HostState = 'fine' | 'slow' | 'held' | 'dead';

/** Slower than this to its first byte, a host holds a batch up. */
export const SLOW_MS = 2_000;

export const FILTERS: { id: HostState; name: string }[] = [
  { id: 'slow', name: 'Slow' },
  { id: 'held', name: 'Asked for a pause' },
  { id: 'dead', name: 'No connection' },
];

export function stateOf({ held_until, parked, given_up, latency_ms }: Host): HostState {
  if (given_up || parked) return 'dead';
  if (held_until !== null && Date.parse(held_until) > Date.now()) return 'held';
  return latency_ms !== null && latency_ms > SLOW_MS ? 'slow' : 'fine';
}
