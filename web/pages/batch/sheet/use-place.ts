import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { queryOf, setQuery } from '../../../app/router.ts';
import { type Grid, type Part, partAround } from './grid.ts';
import type { Slots } from './shown.ts';
import { useView, type View } from './use-view.ts';

/** Where one is in the sheet, and how to get elsewhere. */
export type Place = {
  /** undefined until its width is known */
  grid: Grid | undefined;
  view: View;
  /** what is shown of a very large sheet: that with the slot of the address */
  part: Part;
  focusSlot: { current: number };
  /** Brings an index of the sheet into view. */
  show(index: number, ways: { focus: boolean }): void;
  /** Shows a slot in the next sheet: the filter is about to change. */
  showNext(slot: number): void;
};

/** @param size of a frame in pixels */
export function usePlace(host: RefObject<HTMLElement | null>, slots: Slots, size: number): Place {
  const view = useView(host, size);
  const { grid } = view;
  const asked = Number(queryOf('slot')) || 0;
  const part = grid
    ? partAround(grid, slots.indexOf(asked), slots.count)
    : { first: 0, count: Math.max(0, slots.count) };
  const focusSlot = useRef(asked || slots.slotAt(0));
  const next = useRef(isReturn() ? 0 : asked);

  function show(index: number, { focus }: { focus: boolean }): void {
    if (!grid || slots.count === 0) return;
    const at = Math.max(0, Math.min(slots.count - 1, index));
    const { first } = partAround(grid, at, slots.count);
    const slot = slots.slotAt(at);
    focusSlot.current = slot;
    if (first !== part.first) setQuery({ slot: String(slot) });
    view.show(Math.floor((at - first) / grid.columns), focus ? slot : undefined);
  }
  useEffect(() => {
    if (next.current === 0 || !grid || slots.count === 0) return;
    show(slots.indexOf(next.current), { focus: true });
    next.current = 0;
  }, [grid === undefined, slots]);
  return { grid, view, part, focusSlot, show, showNext: (slot) => void (next.current = slot) };
}

/** Back and reload lead to where the page was scrolled; a new visit to the slot of its address. */
function isReturn(): boolean {
  return (history.state as { scroll?: number } | null)?.scroll !== undefined;
}
