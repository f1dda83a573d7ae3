import { isDay } from '../channels/day.ts';
import { Problem } from '../errors.ts';

/** The value of `--as-of`. @throws Problem `bad_request` */
export function readDay(text: string): string {
  if (isDay(text)) return text;
  throw new Problem('bad_request', { detail: `--as-of is "${text}", and must be a day such as 2027-01-31.` });
}
