import { type Activity, NO_ACTIVITY } from '../activity.queries.ts';
import type { BatchKey } from '../batch.ts';
import type { ProgressRow } from '../batch.queries.ts';
import type { Cursor } from './event-id.ts';
import type { ChangesRow, FailedImage, WantedChanges } from './live.queries.ts';
import { countSlots, firstSlots, readSlotRanges, type SlotRanges, slotsAfter } from './slot-ranges.ts';

/** What a reader of a stream has not been told yet: the batch now, and what changed since the reader's cursor. */
export type News = {
  row: ProgressRow;
  activity: Activity;
  /** slots in work now, in PostgreSQL's text form: it is compared with what was told before */
  processing: string;
  completed: SlotRanges;
  failed: SlotRanges;
  /** false when changes are missing: too many, forgotten, or recorded by a worker of an older version */
  isComplete: boolean;
  /** the first of the failed images, and how many more there are */
  failures: FailedImage[];
  leftOut: number;
};

/** From the first version on nothing is new to a reader without a cursor. */
const NOTHING = Number.MAX_SAFE_INTEGER;
const FAILURES_AT_ONCE = 20; // twice a second
const MOST_RANGES = 5_000; // some 70 kB; then all states are hardly more

export function wantedBy(key: BatchKey, cursor: Cursor | undefined): WantedChanges {
  return { ...key, since: cursor?.version ?? NOTHING, upTo: cursor?.told?.upTo };
}

/** The failed images that are told, and how many more failed. */
export function failuresOf(row: ChangesRow, cursor: Cursor | undefined): { told: number[]; leftOut: number } {
  const failed = slotsAfter(readSlotRanges(row.failed_slots), cursor?.told?.slot ?? 0);
  const told = firstSlots(failed, FAILURES_AT_ONCE);
  return { told, leftOut: countSlots(failed) - told.length };
}

export function newsOf(
  row: ChangesRow,
  {
    activity = NO_ACTIVITY,
    failures,
    leftOut,
  }: { activity: Activity | undefined; failures: FailedImage[]; leftOut: number },
): News {
  const completed = row.completed_slots === null ? undefined : readSlotRanges(row.completed_slots);
  const failed = readSlotRanges(row.failed_slots);
  const isTold = completed !== undefined && completed.length + failed.length <= MOST_RANGES;
  const ended = row.base + countSlots(completed ?? []) + countSlots(failed);
  return {
    row,
    activity,
    processing: row.processing_slots,
    completed: isTold ? completed : [],
    failed: isTold ? failed : [],
    isComplete: isTold && ended === row.completed + row.failed,
    failures,
    leftOut,
  };
}
