import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Batch } from '../../../api/types.ts';
import { navigate, queryOf, setQuery } from '../../../app/router.ts';
import { say } from '../../../app/say.ts';
import { useKeys } from '../../../app/shortcuts.ts';
import { stored, store } from '../../../app/stored.ts';
import { findSlot } from './find-slot.ts';
import { Empty } from '../../../parts/empty.tsx';
import type { SlotStates } from '../live/slot-states.ts';
import { Details } from './details.ts';
import { heightOf, partSize, type Size, SIZES } from './grid.ts';
import { Frames } from './frames.tsx';
import { SheetBar } from './sheet-bar.tsx';
import { allSlots, type Filter, filteredSlots, isFilter } from './shown.ts';
import { Strip } from './strip.tsx';
import { useView } from './use-view.ts';

const NOTHING: Record<Filter, string> = {
  all: 'No images',
  completed: 'Nothing is done yet',
  failed: 'Nothing failed',
  open: 'Nothing is left to do',
};

/** The contact sheet: every image of the batch. Only what is seen is in the document. */
export function Sheet({ batch, states }: { batch: Batch; states: SlotStates }) {
  const asked = queryOf('show');
  const filter: Filter = isFilter(asked) ? asked : 'all';
  const [size, setSize] = useState<Size>(sizeOf(queryOf('size') ?? stored('size')));
  const details = useMemo(() => new Details(batch.id, states), [batch.id, states]);
  // A list chosen before the states were there is made when they are.
  const isKnown = states.version.value > 0;
  const slots = useMemo(
    () => (filter === 'all' ? allSlots(batch.counts.total) : filteredSlots(states, filter)),
    [filter, states, batch.counts.total, isKnown],
  );
  const host = useRef<HTMLDivElement>(null);
  const [part, setPart] = useState(0);
  const view = useView(host, SIZES[size]);
  const { grid } = view;
  const partCount = grid ? partSize(grid, devicePixelRatio || 1) : slots.count;
  const first = Math.min(part, Math.floor(Math.max(0, slots.count - 1) / partCount)) * partCount;
  const count = Math.min(partCount, slots.count - first);
  const height = grid ? heightOf(grid, count) : 0;
  const focusSlot = useRef(Number(queryOf('slot')) || slots.slotAt(0));

  /** Brings a place of the sheet into view. */
  function show(index: number, { focus }: { focus: boolean }): void {
    if (!grid || slots.count === 0) return;
    const at = Math.max(0, Math.min(slots.count - 1, index));
    const inPart = Math.floor(at / partCount);
    setPart(inPart);
    focusSlot.current = slots.slotAt(at);
    view.show(Math.floor((at - inPart * partCount) / grid.columns) * grid.step, grid.step);
    if (focus) view.focusWhenDrawn(focusSlot.current);
    else view.redraw();
  }
  function nextFailure(): void {
    const found = states.next('failed', focusSlot.current) ?? states.next('failed', 0);
    if (found === undefined) say('Nothing has failed so far');
    else if (filter === 'all' || filter === 'failed') show(slots.indexOf(found), { focus: true });
  }
  async function find(text: string): Promise<void> {
    if (text === '') return;
    try {
      const slot = await findSlot(batch.id, text);
      if (slot === undefined) say(`No row, SKU or name like "${text}"`);
      else if (filter !== 'all') setQuery({ show: undefined, row: text });
      else show(slot - 1, { focus: true });
    } catch (error) {
      say((error as Error).message);
    }
  }
  useKeys({ f: nextFailure });
  useEffect(() => {
    const row = queryOf('row');
    if (row !== undefined && grid) void find(row);
  }, [grid === undefined]);

  const top = grid ? Math.floor(view.top / grid.step) * grid.columns + first : 0;
  const rowAtTop =
    details.version.value >= 0
      ? details.at(slots.slotAt(Math.min(slots.count - 1, Math.max(0, top))))?.row
      : undefined;
  return (
    <>
      <SheetBar
        batch={batch}
        filter={filter}
        size={size}
        onFilter={(next) => setQuery({ show: next === 'all' ? undefined : next })}
        onSize={(next) => {
          setSize(next);
          store('size', next);
        }}
        onFind={(text) => void find(text)}
      />
      <div class="sheet-wrap">
        <div
          ref={host}
          id="sheet"
          class="sheet"
          role="group"
          aria-label="Contact sheet. Arrow keys move, Enter opens, f goes to the next failure."
          style={{ height: `${height}px`, '--cell': `${grid?.cell ?? SIZES[size]}px` }}
          onKeyDown={(event) => {
            if (!grid) return;
            const by = stepOf(event.key, grid.columns);
            if (by === undefined) return;
            event.preventDefault();
            show(slots.indexOf(focusSlot.current) + by, { focus: true });
          }}
          onFocusIn={(event) => {
            const slot = slotOf(event.target);
            if (slot !== undefined) focusSlot.current = slot;
          }}
          onClick={(event) => {
            const slot = slotOf(event.target);
            if (slot === undefined) return;
            setQuery({ slot: String(slot) });
            navigate(`/batches/${batch.id}/images/${details.at(slot)?.id ?? slot}`);
          }}
        >
          {grid && slots.count > 0 && (
            <Frames
              grid={grid}
              view={view}
              slots={slots}
              first={first}
              count={count}
              states={states}
              details={details}
              isWhole={filter === 'all'}
              focusSlot={focusSlot.current}
            />
          )}
          {slots.count === 0 && isKnown && (
            <Empty title={NOTHING[filter]} isGood={filter === 'failed'}>
              <p>
                <button type="button" class="link" onClick={() => setQuery({ show: undefined })}>
                  Show all images
                </button>
              </p>
            </Empty>
          )}
        </div>
        <Strip
          states={states}
          top={slots.count === 0 ? 0 : (first + (view.top / Math.max(1, height)) * count) / slots.count}
          seen={
            slots.count === 0 ? 1 : Math.min(1, (view.height / Math.max(1, height)) * (count / slots.count))
          }
          row={rowAtTop}
          rows={batch.products}
          onJump={(share) => {
            if (filter === 'all') show(Math.floor(share * slots.count), { focus: false });
            else show(slots.indexOf(Math.floor(share * states.total) + 1), { focus: false });
          }}
        />
      </div>
    </>
  );
}

function sizeOf(text: string | undefined): Size {
  return text === 's' || text === 'l' ? text : 'm';
}

function slotOf(target: EventTarget | null): number | undefined {
  const frame = target instanceof Element ? target.closest<HTMLElement>('[data-slot]') : null;
  return frame ? Number(frame.dataset['slot']) : undefined;
}

function stepOf(key: string, columns: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return 1;
    case 'ArrowLeft':
      return -1;
    case 'ArrowDown':
      return columns;
    case 'ArrowUp':
      return -columns;
    case 'Home':
      return Number.NEGATIVE_INFINITY;
    case 'End':
      return Number.POSITIVE_INFINITY;
    default:
      return undefined;
  }
}
