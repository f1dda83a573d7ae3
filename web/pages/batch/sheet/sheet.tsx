import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Batch } from '../../../api/types.ts';
import { navigate, queryOf, setQuery } from '../../../app/router.ts';
import { say } from '../../../app/say.ts';
import { useKeys } from '../../../app/shortcuts.ts';
import { stored, store } from '../../../app/stored.ts';
import { useFind } from './use-find.ts';
import { Empty } from '../../../parts/empty.tsx';
import type { SlotStates } from '../live/slot-states.ts';
import { Details } from './details.ts';
import { heightOf, indexesInView, type Size, SIZES } from './grid.ts';
import { PartBar } from './part-bar.tsx';
import { Frames } from './frames.tsx';
import { SheetBar } from './sheet-bar.tsx';
import { FoundSlots } from './found-slots.ts';
import { FoundState } from './found-state.tsx';
import { foundFilter, WITHOUT_FOUND } from './found-filter.ts';
import { allSlots, type Filter, filteredSlots, isFilter } from './shown.ts';
import { Strip } from './strip.tsx';
import { usePlace } from './use-place.ts';

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
  // A list chosen before the states were there is made when they are.
  const { isKnown } = states;
  const search = foundFilter();
  const found = useMemo(
    () => (search === undefined ? undefined : FoundSlots.of(batch, search)),
    [search, batch.id, batch.ended_at],
  );
  const slots = useMemo(
    () => found ?? (filter === 'all' ? allSlots(batch.counts.total) : filteredSlots(states, filter)),
    [found, filter, states, batch.counts.total, isKnown],
  );
  const details = useMemo(() => new Details(batch.id, slots, states), [batch.id, slots, states]);
  const host = useRef<HTMLDivElement>(null);
  const isAll = slots.isWhole;
  const place = usePlace(host, slots, SIZES[size]);
  const { grid, view, part, focusSlot } = place;
  const find = useFind(batch.id, (slot) => {
    if (isAll) place.show(slot - 1, { focus: true });
    else showInAll(slot);
  });

  function showInAll(slot: number): void {
    place.showNext(slot);
    setQuery({ ...WITHOUT_FOUND, show: undefined });
  }
  function nextFailure(): void {
    if (!isKnown) return say('The states of the images are being read');
    const next = states.next('failed', focusSlot.current) ?? states.next('failed', 0);
    if (next === undefined) say('Nothing has failed so far');
    else if (isAll || filter === 'failed') place.show(slots.indexOf(next), { focus: true });
    else showInAll(next);
  }
  async function open(slot: number): Promise<void> {
    const id = await details.idAt(slots.indexOf(slot));
    setQuery({ slot: String(slot) });
    navigate(`/batches/${batch.id}/images/${id}`);
  }
  useKeys({ f: nextFailure });
  useEffect(() => {
    const row = queryOf('row');
    if (row !== undefined && grid) find(row);
  }, [grid === undefined]);

  const seen = grid ? indexesInView(grid, part, view) : { from: 0, to: 0 };
  const foundVersion = found?.version.value;
  useEffect(() => found?.need(seen.to), [found, foundVersion, seen.to]);
  const row = details.version.value >= 0 ? details.at(seen.from)?.row : undefined;
  const partBar = (label: string) => (
    <PartBar
      part={part}
      total={slots.count}
      label={label}
      onShow={(index) => place.show(index, { focus: true })}
    />
  );
  return (
    <>
      <SheetBar
        batch={batch}
        filter={found ? undefined : filter}
        size={size}
        onFilter={(next) => {
          view.toBegin();
          setQuery({ ...WITHOUT_FOUND, show: next === 'all' ? undefined : next, slot: undefined });
        }}
        onSize={(next) => {
          setSize(next);
          store('size', next);
        }}
        onFind={find}
      />
      {partBar('Parts of the sheet')}
      <div class="sheet-wrap">
        <div
          ref={host}
          id="sheet"
          class="sheet"
          role="group"
          aria-label="Contact sheet. Arrow keys move, Enter opens, f goes to the next failure."
          style={{
            height: `${grid ? heightOf(grid, part.count) : 0}px`,
            '--cell': `${grid?.cell ?? SIZES[size]}px`,
          }}
          onKeyDown={(event) => {
            if (!grid) return;
            const by = stepOf(event.key, grid.columns);
            if (by === undefined) return;
            event.preventDefault();
            place.show(slots.indexOf(focusSlot.current) + by, { focus: true });
          }}
          onFocusIn={(event) => {
            const slot = slotOf(event.target);
            if (slot !== undefined) focusSlot.current = slot;
          }}
          onClick={(event) => {
            const slot = slotOf(event.target);
            if (slot === undefined) return;
            void open(slot).catch((error: Error) => say(error.message));
          }}
        >
          {grid && slots.count > 0 && (
            <Frames
              grid={grid}
              view={view}
              slots={slots}
              part={part}
              states={states}
              details={details}
              focusSlot={focusSlot.current}
            />
          )}
          {found && <FoundState found={found} />}
          {!found && slots.count === 0 && isKnown && <Nothing filter={filter} />}
        </div>
        <Strip
          states={states}
          seen={{ from: slots.slotAt(seen.from) || 1, to: slots.slotAt(seen.to) }}
          part={
            slots.isWhole
              ? { from: part.first + 1, to: part.first + part.count }
              : { from: 1, to: states.total }
          }
          row={row}
          rows={batch.products}
          onJump={(slot) => place.show(slots.indexOf(slot), { focus: false })}
        />
      </div>
      {partBar('Other parts of the sheet')}
    </>
  );
}

function Nothing({ filter }: { filter: Filter }) {
  return (
    <Empty title={NOTHING[filter]} isGood={filter === 'failed'}>
      <p>
        <button type="button" class="link" onClick={() => setQuery({ show: undefined })}>
          Show all images
        </button>
      </p>
    </Empty>
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
