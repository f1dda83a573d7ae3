import type { ImageState } from '../../../api/types.ts';
import type { SlotStates } from '../live/slot-states.ts';

const FILTERS = ['all', 'completed', 'failed', 'open'] as const;
export type Filter = (typeof FILTERS)[number];

export function isFilter(text: string | undefined): text is Filter {
  return FILTERS.some((name) => name === text);
}

const STATES_OF: Record<Exclude<Filter, 'all'>, ImageState[]> = {
  completed: ['completed'],
  failed: ['failed'],
  open: ['pending', 'processing'],
};

/** The slots that a sheet shows, by their place in it. */
export type Slots = {
  /** grows while those are found that only the server can find */
  readonly count: number;
  /** whether neighbours in the sheet are neighbours in the file */
  isWhole: boolean;
  slotAt(index: number): number;
  /** the place of a slot; of one that is not shown, that of the next one */
  indexOf(slot: number): number;
};

export function allSlots(total: number): Slots {
  return {
    count: total,
    isWhole: true,
    slotAt: (index) => index + 1,
    indexOf: (slot) => Math.max(0, Math.min(total, slot) - 1),
  };
}

/** As it is now: a list that changes while it is read would jump. */
export function filteredSlots(states: SlotStates, filter: Exclude<Filter, 'all'>): Slots {
  const slots = states.slotsIn(STATES_OF[filter]);
  return {
    count: slots.length,
    isWhole: false,
    slotAt: (index) => slots[index] ?? 0,
    indexOf: (slot) => Math.max(0, Math.min(slots.length - 1, firstFrom(slots, slot))),
  };
}

/** Where the first slot is that is not before another one. */
function firstFrom(slots: Uint32Array, slot: number): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle] ?? 0) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
