import { useEffect } from 'preact/hooks';
import type { SlotStates } from '../live/slot-states.ts';
import type { Details } from './details.ts';
import { Frame } from './frame.tsx';
import { type Grid, inView, type Part } from './grid.ts';
import { ALONE, runAt } from './run.ts';
import type { Slots } from './shown.ts';
import type { View } from './use-view.ts';

type Props = {
  grid: Grid;
  view: View;
  slots: Slots;
  part: Part;
  states: SlotStates;
  details: Details;
  focusSlot: number;
};

/** The frames in view, and the one with the focus. */
export function Frames({ grid, view, slots, part: { first, count }, states, details, focusSlot }: Props) {
  const stateVersion = states.version.value;
  const detailVersion = details.version.value;
  const { from, to } = inView(grid, count, view.top, view.height);
  const indexes = Array.from({ length: to - from }, (_, i) => from + i);
  const focused = slots.indexOf(focusSlot) - first;
  const isOutside = focused >= 0 && focused < count && (focused < from || focused >= to);
  const drawn = isOutside ? [...indexes, focused] : indexes;
  useEffect(() => {
    if (view.isCalm) details.need(drawn.map((index) => first + index));
  }, [from, to, first, details, view.isCalm, stateVersion, detailVersion]);
  const focusIndex = isOutside || focused < 0 ? focused : Math.min(Math.max(focused, from), to - 1);
  /** Of a whole sheet, whose places are its slots. */
  const rowOf = (slot: number): number | undefined => details.at(slot - 1)?.row;
  return (
    <>
      {drawn.map((index) => {
        const slot = slots.slotAt(first + index);
        const image = details.at(first + index);
        return (
          <Frame
            key={slot}
            slot={slot}
            index={index}
            grid={grid}
            state={states.isKnown ? states.at(slot) : (image?.state ?? 'pending')}
            image={image}
            run={
              slots.isWhole
                ? runAt({ slot, column: index % grid.columns, columns: grid.columns }, rowOf)
                : ALONE
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
