import { Problem, systemCode } from '../errors.ts';

export function unreadable(code: string, detail: string): Problem {
  return new Problem('csv_invalid', { detail, flaws: [{ line: 1, code, detail }] });
}

/**
 * An error of the reader of ZIPs as a Problem: it throws plain errors, and zlib and the system those with a code.
 * @param part the name of the part that was read
 */
export function asProblem(error: unknown, part?: string): unknown {
  if (error instanceof Problem || !(error instanceof Error)) return error;
  const code = systemCode(error);
  if (error.constructor !== Error && code === undefined) return error;
  if (code !== undefined && !/^(Z_|ERR_)/.test(code)) return error;
  return part === undefined ? problemOf(error.message) : damagedPart(part);
}

const AGAIN =
  'Copy or download the file again. If that does not help, save the workbook or pack the archive anew.';

/** The content of a part is not what the directory says. */
export function damagedPart(name: string): Problem {
  return unreadable('zip_damaged', `"${name.slice(0, 100)}" in the file is damaged. ${AGAIN}`);
}

/** The directory, which lists the contents, cannot be right. */
export function damagedList(): Problem {
  return unreadable('zip_damaged', `The file is damaged: its list of contents cannot be read. ${AGAIN}`);
}

/** By what yauzl says. A workbook is a ZIP too, and who has one need not know it. */
const REASONS: readonly [said: RegExp, code: string, detail: string][] = [
  [
    /^End of central directory record signature not found/,
    'zip_damaged',
    `The end of the file is missing: a copy or a download of it broke off. ${AGAIN}`,
  ],
  [/^Invalid comment length/, 'zip_damaged', `The file has other bytes behind its end. ${AGAIN}`],
  [
    /^multi-disk/,
    'zip_damaged',
    'The file is a part of an archive that was split into several files. Pack its contents into one archive, and upload that.',
  ],
  [
    /^strong encryption/,
    'file_encrypted',
    'The archive is encrypted. Pack its contents without a password, and upload that.',
  ],
];

function problemOf(said: string): Problem {
  const found = REASONS.find(([pattern]) => pattern.test(said));
  return found ? unreadable(found[1], found[2]) : damagedList();
}
