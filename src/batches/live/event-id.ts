/**
 * The `id:` of an event: how far its reader has come in the change log of a batch.
 * `2-40`: everything of round 2 up to version 40 of the batch.
 * `2-40-52-7`: that, and of the versions up to 52 the failures up to slot 7.
 * `2-52-done`: everything of round 2, which has ended.
 */
export type Cursor = {
  round: number;
  version: number;
  /** failures that were told of later versions */
  told?: { upTo: number; slot: number } | undefined;
  isDone?: boolean;
};

const FORM = /^(\d{1,9})-(\d{1,15})(?:-(done)|-(\d{1,15})-(\d{1,9}))?$/;

/** @returns undefined for anything that is not an id of ours */
export function readEventId(id: string): Cursor | undefined {
  const [whole, round, version, done, upTo, slot] = FORM.exec(id) ?? [];
  if (whole === undefined) return undefined;
  return {
    round: Number(round),
    version: Number(version),
    told: upTo === undefined ? undefined : { upTo: Number(upTo), slot: Number(slot) },
    isDone: done !== undefined,
  };
}

export function eventId({ round, version, told, isDone }: Cursor): string {
  if (isDone) return `${round}-${version}-done`;
  return told ? `${round}-${version}-${told.upTo}-${told.slot}` : `${round}-${version}`;
}
