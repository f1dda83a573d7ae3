/** The small picture that lists show of an image: one of its renditions, or a thumbnail made on first demand. */
import { Type } from 'typebox';
import { keyOf, type StorageKey, type StoredSet, thumbKeyOf } from '../storage/keys.ts';

/** A rendition as the choice needs it, in pixels. */
export type SmallFile = { name: string; extension: string; width: number; height: number };

/** Where a thumbnail comes from: it is a file of the set, or is made from that file. */
export type ThumbChoice = { file: SmallFile; isMade: boolean };

export const THUMB_SIDE = 240;
const USABLE = { min: 200, max: 400 }; // pixels of the longer side

/**
 * The smallest rendition of a usable size; else a thumbnail made of the smallest larger one. Where all are smaller
 * than usable, the largest of them is shown as it is.
 * @returns undefined for a set without files
 */
export function chooseThumb(files: readonly SmallFile[]): ThumbChoice | undefined {
  const bySize = files.toSorted((a, b) => longerSide(a) - longerSide(b));
  const file = bySize.find((each) => longerSide(each) >= USABLE.min) ?? bySize.at(-1);
  return file && { file, isMade: longerSide(file) > USABLE.max };
}

function longerSide({ width, height }: SmallFile): number {
  return Math.max(width, height);
}

export const Thumb = Type.Object(
  { url: Type.String(), width: Type.Integer(), height: Type.Integer() },
  {
    'x-name': 'Thumb',
    description: 'A picture of some 200 to 400 pixels. The content under the URL never changes',
  },
);
type Thumb = { url: string; width: number; height: number };

/** Base URLs: `filesUrl` serves what is stored; only this server, at `publicUrl`, makes thumbnails. */
export type ThumbUrls = { filesUrl: string; publicUrl: string };

/** @param set where the files are; undefined for an image without any */
export function thumbBody(
  set: StoredSet | undefined,
  files: readonly SmallFile[],
  { filesUrl, publicUrl }: ThumbUrls,
): Thumb | null {
  const choice = set && chooseThumb(files);
  if (!choice) return null;
  const { file, isMade } = choice;
  if (isMade) return { url: `${publicUrl}/files/${thumbKeyOf(set)}`, ...madeSize(file) };
  const key: StorageKey = keyOf(set, file);
  return { url: `${filesUrl}/${key}`, width: file.width, height: file.height };
}

/** The size of a thumbnail that is made of a larger file; a decoder may round one pixel differently. */
function madeSize({ width, height }: SmallFile): { width: number; height: number } {
  const scale = THUMB_SIDE / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
