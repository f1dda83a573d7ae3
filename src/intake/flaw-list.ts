import type { Flaw } from '../errors.ts';

export const MAX_FLAWS = 1_000;

/** The first 1,000 flaws of an upload, and how many there are. */
export class FlawList {
  readonly first: Flaw[] = [];
  count = 0;

  add(flaws: readonly Flaw[]): void {
    if (flaws.length === 0) return;
    this.count += flaws.length;
    for (const flaw of flaws.slice(0, MAX_FLAWS - this.first.length)) this.first.push(detached(flaw));
  }

  /** Adds flaws of whole columns: they precede those of rows. */
  addFirst(flaws: readonly Flaw[]): void {
    this.count += flaws.length;
    this.first.unshift(...flaws.map(detached));
    this.first.splice(MAX_FLAWS);
  }
}

/** A copy of the sentence: one that quotes a cell would keep the whole chunk of the file in memory (V8 sliced strings). */
function detached(flaw: Flaw): Flaw {
  return { ...flaw, detail: Buffer.from(flaw.detail).toString() };
}
