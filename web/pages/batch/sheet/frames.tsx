import { useEffect } from 'preact/hooks';
import type { SlotStates } from '../live/slot-states.ts';
import type { Details } from './details.ts';
import { Frame } from './frame.tsx';
import { type Grid, inView } from './grid.ts';
import { ALONE, runAt } from './run.ts';
import type { Slots } from './shown.ts';
import type { View } from './use-view.ts';

type Props = {
  grid: Grid;
  view: View;
  slots: Slots;
  /** the part that is shown: its first index, and how many */
  first: number;
  count: number;
  states: SlotStates;
  details: Details;
  /** whether neighbours in the sheet are neighbours in the file */
  isWhole: boolean;
  focusSlot: number;
};

/** The frames in view, and the one with the focus. */
export function Frames({ grid, view, slots, first, count, states, details, isWhole, focusSlot }: Props) {
  const stateVersion = states.version.value;
  const detailVersion = details.version.value;
  const { from, to } = inView(grid, count, view.top, view.height);
  const indexes = Array.from({ length: to - from }, (_, i) => from + i);
  const focused = slots.indexOf(focusSlot) - first;
  const isOutside = focused >= 0 && focused < count && (focused < from || focused >= to);
  useEffect(() => {
    if (view.isCalm) details.need(indexes.map((index) => slots.slotAt(first + index)));
  }, [from, to, first, slots, view.isCalm, stateVersion, detailVersion]);
  const focusIndex = isOutside || focused < 0 ? focused : Math.min(Math.max(focused, from), to - 1);
  const rowOf = (slot: number): number | undefined => details.at(slot)?.row;
  return (
    <>
      {[...indexes, ...(isOutside ? [focused] : [])].map((index) => {
        const slot = slots.slotAt(first + index);
        return (
          <Frame
            key={slot}
            slot={slot}
            index={index}
            grid={grid}
            state={states.at(slot)}
            image={details.at(slot)}
            run={
              isWhole ? runAt({ slot, column: index % grid.columns, columns: grid.columns }, rowOf) : ALONE
            }
            isFocused={index === focusIndex}
            isFresh={states.fresh.has(slot)}
            isCalm={view.isCalm}
          />
        );
      })}
    </>
  );
}
