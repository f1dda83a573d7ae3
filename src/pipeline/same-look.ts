/**
 * Whether two pictures look the same: recompressed, resized, a little brighter or cropped by 2 %. Copies that are
 * mirrored, padded or cropped by 10 % are not found.
 */
import type { Content } from './measures.ts';

/** `hash`: 64 hexadecimal digits (decoder/measure/look-hash.ts). `chroma`: that of the measures. */
export type Look = { hash: string; chroma: readonly [blue: number, red: number] };

/** @returns null for a picture without structure */
export function lookOf({ lookHash, measures }: Pick<Content, 'lookHash' | 'measures'>): Look | null {
  return lookHash === null ? null : { hash: lookHash, chroma: measures.chroma };
}

/** The threshold of PDQ's authors (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019). */
export const SAME_LOOK_BITS = 31;

/** The hash sees no colour, and variants in several colours share a shape: other hues are 36 apart (median), copies at most 5.5. */
export const SAME_LOOK_CHROMA = 6;

export function isSameLook(a: Look, b: Look): boolean {
  return (
    chromaDistance(a, b) <= SAME_LOOK_CHROMA && lookDistance(a.hash, b.hash, SAME_LOOK_BITS) <= SAME_LOOK_BITS
  );
}

/** In how many of 256 bits two hashes differ. @param enough where counting may stop: the result is then only more */
export function lookDistance(a: string, b: string, enough = 256): number {
  let bits = 0;
  for (let at = 0; at < 64 && bits <= enough; at += 8)
    bits += ones(Number.parseInt(a.slice(at, at + 8), 16) ^ Number.parseInt(b.slice(at, at + 8), 16));
  return bits;
}

function chromaDistance({ chroma: [blue, red] }: Look, other: Look): number {
  return Math.hypot(blue - other.chroma[0], red - other.chroma[1]);
}

/** The number of ones in 32 bits: Henry Warren, "Hacker's Delight", 5-1. */
export function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
