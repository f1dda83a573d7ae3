/** What one rule says of one picture. `miss`: how far from the limit, to find the worst. */
export type Judged =
  | { result: 'pass' | 'fail'; measured: Measured; required: Measured; miss: number }
  | { result: 'unknown'; required: Measured }
  | { result: 'not_applicable' };

export type Measured = string | number;

export const NOT_APPLICABLE: Judged = { result: 'not_applicable' };

export function met(measured: Measured, required: Measured): Judged {
  return { result: 'pass', measured, required, miss: 0 };
}

export function unmet(measured: Measured, required: Measured, miss = 0): Judged {
  return { result: 'fail', measured, required, miss };
}

export function unknown(required: Measured): Judged {
  return { result: 'unknown', required };
}

/** Judges a number by limits; undefined: it was not measured. */
export function within(
  measured: number | undefined,
  { at_least: least, at_most: most }: { at_least?: number | undefined; at_most?: number | undefined },
): Judged {
  const required = requiredOf(least, most);
  if (measured === undefined) return unknown(required);
  if (least !== undefined && measured < least) return unmet(measured, required, least - measured);
  if (most !== undefined && measured > most) return unmet(measured, required, measured - most);
  return met(measured, required);
}

function requiredOf(least: number | undefined, most: number | undefined): Measured {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  return least ?? most ?? 'any';
}
