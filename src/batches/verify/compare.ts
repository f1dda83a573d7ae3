import { isThumbKey, partsOf, type StorageKey } from '../../storage/keys.ts';
import { type Listed, UNFINISHED } from '../../storage/storage.ts';
import type { RecordedFile, RecordedSet } from './stored-sets.ts';

/** A rendition set as the storage lists it, as its rows describe it, or both. */
export type SetPair = { left?: ListedSet; right?: RecordedSet };

export type ListedSet = { setId: string; files: Listed[] };

/** What is wrong with a file: something else than `recorded` is `found`. */
export type Flaw = {
  is: 'missing' | 'size' | 'sha256';
  key: StorageKey;
  recorded: RecordedFile;
  found: { bytes?: number; sha256?: string };
};

export type Compared = {
  flaws: Flaw[];
  /** files of the recorded size */
  alike: RecordedFile[];
  /** files that no row names */
  unnamed: Listed[];
};

export function setsOfPage(page: Listed[]): ListedSet[] {
  const sets = Map.groupBy(page, ({ key }) => partsOf(key).setId);
  return [...sets].map(([setId, files]) => ({ setId, files }));
}

/** Compares names and sizes. A thumbnail is in no row, and belongs to its set. */
export function compareSet({ left, right }: SetPair): Compared {
  const listed = new Map((left?.files ?? []).map((file) => [file.key, file]));
  const recorded = new Map((right?.files ?? []).map((file) => [file.key, file]));
  const compared: Compared = { flaws: [], alike: [], unnamed: [] };
  for (const file of recorded.values()) {
    const flaw = flawOf(file, listed.get(file.key));
    if (flaw) compared.flaws.push(flaw);
    else compared.alike.push(file);
  }
  const isNamed = (key: StorageKey): boolean => recorded.has(key) || (right !== undefined && isThumbKey(key));
  compared.unnamed = [...listed.values()].filter(({ key }) => UNFINISHED.test(key) || !isNamed(key));
  return compared;
}

/** @param found the size of the file in storage; undefined if there is none */
export function flawOf(recorded: RecordedFile, found: { bytes: number } | undefined): Flaw | undefined {
  const { key } = recorded;
  if (!found) return { is: 'missing', key, recorded, found: {} };
  if (found.bytes === recorded.bytes) return undefined;
  return { is: 'size', key, recorded, found: { bytes: found.bytes } };
}
