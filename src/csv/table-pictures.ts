import type { Flaw } from '../errors.ts';

/** A picture that came with a table. It can be read until the table is read to its end. */
export type TablePicture = {
  /** where it came from, for people: a path in an archive, or a part of a workbook */
  name: string;
  read(): AsyncIterable<Buffer>;
};

/** What a slot names. `code` and `why` are those of an error. */
export type NamedPicture = { picture: TablePicture } | { code: string; why: string };

/** The pictures that came with a table: in the same archive, or in the cells of a workbook. */
export type TablePictures = {
  /** @returns undefined if the slot is no name of a picture, but perhaps an address */
  find(slot: string): NamedPicture | undefined;
  /** What is odd about them, when all rows are read. */
  warnings(): Omit<Flaw, 'line'>[];
};

/** Pictures that are looked for in a workbook, and then in the archive around it. */
export function firstOf(inner: TablePictures | undefined, outer: TablePictures): TablePictures {
  if (!inner) return outer;
  return {
    find(slot) {
      const named = inner.find(slot);
      return named && 'picture' in named ? named : (outer.find(slot) ?? named);
    },
    warnings: () => [...inner.warnings(), ...outer.warnings()],
  };
}
