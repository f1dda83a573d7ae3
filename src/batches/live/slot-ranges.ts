/** Ranges of slots, both ends included, ascending and apart: `[[1, 5], [7, 7]]`. */
export type SlotRanges = [first: number, last: number][];

/** Reads PostgreSQL's int4multirange: `{[1,6),[7,8)}`. */
export function readSlotRanges(multirange: string): SlotRanges {
  return [...multirange.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => [Number(from), Number(to) - 1]);
}

export function countSlots(ranges: SlotRanges): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** The ranges behind a slot. */
export function slotsAfter(ranges: SlotRanges, slot: number): SlotRanges {
  return ranges
    .filter(([, last]) => last > slot)
    .map(([first, last]): SlotRanges[number] => [Math.max(first, slot + 1), last]);
}

/** The first slots, at most `limit`. */
export function firstSlots(ranges: SlotRanges, limit: number): number[] {
  const slots: number[] = [];
  for (const [first, last] of ranges)
    for (let slot = first; slot <= last; slot += 1) {
      if (slots.length === limit) return slots;
      slots.push(slot);
    }
  return slots;
}
