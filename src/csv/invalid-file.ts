import { Problem } from '../errors.ts';

/** An error after which nothing more of the file can be read. @param line physical, from 1 */
export function invalidFile(code: string, detail: string, line = 1): Problem {
  return new Problem('csv_invalid', { detail, flaws: [{ line, code, detail }] });
}
