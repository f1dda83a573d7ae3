import { MAX_URL_CHARACTERS } from '../csv/cells/address.ts';
import { invalidFile } from '../csv/invalid-file.ts';

/** How many pictures, and values that may be pictures, a workbook may have: they are in memory. */
export const MAX_PICTURES = 200_000;

/**
 * A count of things that a file holds.
 * @param what they are, in the plural
 * @returns counts one more. @throws Problem `csv_invalid`: `file_too_complex`
 */
export function countedTo(most: number, what: string): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count > most) throw invalidFile('file_too_complex', `The workbook has more than ${most} ${what}.`);
  };
}

/** The beginning of a link that is too long to be an address: it is told as too long all the same. */
export function boundedLink(link: string): string {
  if (link.length <= MAX_URL_CHARACTERS) return link;
  return Buffer.from(link.slice(0, MAX_URL_CHARACTERS + 1)).toString(); // a slice would keep the whole in memory
}
