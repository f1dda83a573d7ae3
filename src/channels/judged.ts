/**
 * What one rule says of one picture. `miss`: how far from the limit, to find the worst. `required`: where it is not
 * the same for every picture.
 */
export type Judged =
  | { result: 'pass' | 'fail'; measured: Measured; miss: number; required?: Measured }
  | { result: 'unknown' }
  | { result: 'not_applicable' };

export type Measured = string | number;

export const NOT_APPLICABLE: Judged = { result: 'not_applicable' };
export const UNKNOWN: Judged = { result: 'unknown' };

/** @param required where it differs from picture to picture */
export function met(measured: Measured, required?: Measured): Judged {
  return { result: 'pass', measured, miss: 0, ...(required !== undefined && { required }) };
}

export function unmet(measured: Measured, miss = 0, required?: Measured): Judged {
  return { result: 'fail', measured, miss, ...(required !== undefined && { required }) };
}

/** Judges a number by limits; undefined: it was not measured. */
export function within(
  measured: number | undefined,
  { at_least: least, at_most: most }: { at_least?: number | undefined; at_most?: number | undefined },
): Judged {
  if (measured === undefined) return UNKNOWN;
  if (least !== undefined && measured < least) return unmet(measured, least - measured);
  if (most !== undefined && measured > most) return unmet(measured, measured - most);
  return met(measured);
}
