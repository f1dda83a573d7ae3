/**
 * What is known of the contents of 1,000 slots, as one text: a report reads it in place of 2,000 rows by their hashes.
 * It is a copy. A slot counts as long as its image has the rendition set that it had, whose source never changes.
 */
import { type Columns, columnsOf, rowsOf } from './columns.ts';
import { type Measures, MEASURES_VERSION } from './measures.ts';

export const SLOTS_A_PAGE = 1_000;

export const pageOfSlot = (slot: number): number => Math.floor((slot - 1) / SLOTS_A_PAGE);

/** A source as the table `contents` has it. */
export type KnownContent = {
  format: string;
  width: number;
  height: number;
  bytes: number;
  measures: Measures;
};

export type SlotContent = { slot: number; hash16: string; content: KnownContent };

/** Slots whose measures have the same fields. */
type Part = {
  slots: number[];
  /** one after the other */
  hashes: string;
  files: Columns<Omit<KnownContent, 'measures'>>;
  measures: Columns<Measures>;
};

/** @param contents of slots of one page */
export function writePage(contents: readonly SlotContent[]): string {
  const parts = Map.groupBy(contents, ({ content }) => Object.keys(content.measures).join());
  return JSON.stringify({ v: MEASURES_VERSION, parts: [...parts.values()].map(partOf) });
}

function partOf(contents: SlotContent[]): Part {
  return {
    slots: contents.map(({ slot }) => slot),
    hashes: contents.map(({ hash16 }) => hash16).join(''),
    files: columnsOf(
      contents.map(({ content: { format, width, height, bytes } }) => ({ format, width, height, bytes })),
    ),
    measures: columnsOf(contents.map(({ content }) => content.measures)),
  };
}

/** By slot. None if an older version wrote them. */
export function readPage(text: string): Map<number, SlotContent> {
  const { v, parts } = JSON.parse(text) as { v: number; parts: Part[] };
  const found = new Map<number, SlotContent>();
  if (v < MEASURES_VERSION) return found;
  for (const { slots, hashes, files, measures } of parts) {
    const [ofSlots, length] = [rowsOf(measures), hashes.length / slots.length];
    for (const [i, file] of rowsOf(files).entries()) {
      const [slot, ofSlot] = [slots[i], ofSlots[i]];
      if (slot === undefined || ofSlot === undefined) continue;
      const hash16 = hashes.slice(i * length, (i + 1) * length);
      found.set(slot, { slot, hash16, content: { ...file, measures: ofSlot } });
    }
  }
  return found;
}
