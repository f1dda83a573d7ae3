import { useEffect } from 'preact/hooks';
import type { SlotStates } from '../live/slot-states.ts';
import type { Details } from './details.ts';
import { Frame, type Run } from './frame.tsx';
import { type Grid, inView } from './grid.ts';
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
            run={isWhole ? runAt(slot, index % grid.columns, grid.columns, details) : ALONE}
            isFocused={index === focusIndex}
            isFresh={states.fresh.has(slot)}
            isCalm={view.isCalm}
          />
        );
      })}
    </>
  );
}

const ALONE: Run = { isFirst: true, isContinued: false, length: 1 };

/** By the rows of the file, not by positions: a product with an empty first cell begins with its second image. */
function runAt(slot: number, column: number, columns: number, details: Details): Run {
  const row = details.at(slot)?.row;
  if (row === undefined) return { ...ALONE, isFirst: column === 0 };
  const isContinued = details.at(slot - 1)?.row === row;
  let length = 1;
  while (column + length < columns && details.at(slot + length)?.row === row) length += 1;
  return { isFirst: column === 0 || !isContinued, isContinued, length };
}
