import type { Look } from '../pipeline/same-look.ts';

/** The columns of a look: a bit string, and the chroma of the measures. */
export type LookRow = { look_hash: string | null; chroma: Look['chroma'] | null };

export function readLook({ look_hash: bits, chroma }: LookRow): Look | null {
  if (bits === null || chroma === null) return null;
  return {
    hash: BigInt(`0b${bits}`)
      .toString(16)
      .padStart(bits.length / 4, '0'),
    chroma,
  };
}
