import { Problem, systemCode } from '../errors.ts';

export function unreadable(code: string, detail: string): Problem {
  return new Problem('csv_invalid', { detail, flaws: [{ line: 1, code, detail }] });
}

/** An error of the reader of ZIPs as a Problem: it throws plain errors, and zlib and the system those with a code. */
export function asProblem(error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error)) return error;
  const code = systemCode(error);
  if (error.constructor !== Error && code === undefined) return error;
  if (code !== undefined && !/^(Z_|ERR_)/.test(code)) return error;
  return unreadable('zip_damaged', `The ZIP cannot be read: ${shortened(error.message)}.`);
}

function shortened(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replace(/\.$/, '')
    .slice(0, 200);
}
