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
export type Slots = { count: number; slotAt(index: number): number; indexOf(slot: number): number };

export function allSlots(total: number): Slots {
  return { count: total, slotAt: (index) => index + 1, indexOf: (slot) => slot - 1 };
}

/** As it is now: a list that changes while it is read would jump. */
export function filteredSlots(states: SlotStates, filter: Exclude<Filter, 'all'>): Slots {
  const slots = states.slotsIn(STATES_OF[filter]);
  return {
    count: slots.length,
    slotAt: (index) => slots[index] ?? 0,
    indexOf: (slot) => {
      const at = slots.findIndex((one) => one >= slot);
      return at < 0 ? slots.length - 1 : at;
    },
  };
}
