import { type Flaw, type PointedFlaw, Problem } from '../errors.ts';
import { UploadOptions } from '../intake/option-schemas.ts';
import { type ReadingOptions, readOptions, readingOptions } from '../intake/options.ts';

/** The options of commands that read a CSV. The API has the same. */
export type ReadingFlags = {
  columns?: string;
  charset?: string;
  headerLine?: string;
  sheet?: string;
  pictureNames?: string;
  strict: boolean;
  onInvalid?: string;
};

/** @throws Problem `bad_request` */
export function readFlags({
  columns = '',
  charset = '',
  headerLine = '',
  sheet = '',
  pictureNames = '',
  strict,
  onInvalid = '',
}: ReadingFlags): ReadingOptions {
  return readingOptions(
    readOptionFlags({
      ...{ columns, charset, header_line: headerLine, sheet, picture_names: pictureNames },
      ...{ strict, on_invalid: onInvalid },
    }),
  );
}

/**
 * Reads options of an upload that are given as flags.
 * @throws Problem `bad_request`, which names flags: `--header-line` for `header_line`
 */
export function readOptionFlags(fields: Record<string, unknown>): UploadOptions {
  try {
    return readOptions(fields, UploadOptions);
  } catch (error) {
    if (!(error instanceof Problem) || error.flaws.length === 0) throw error;
    const flaws = error.flaws.map((flaw) => ('at' in flaw ? flagFlaw(flaw) : flaw));
    throw new Problem(error.code, { detail: flaws.map(sentenceOf).join(' '), flaws, cause: error });
  }
}

function flagFlaw({ at, code, detail }: PointedFlaw): PointedFlaw {
  const option = at.replace('options.', '');
  const flag = `--${option.replaceAll('_', '-')}`;
  return { at: flag, code, detail: detail.replaceAll(new RegExp(`\\b${option}(?= )`, 'g'), flag) };
}

function sentenceOf(flaw: Flaw | PointedFlaw): string {
  const isNamed = !('at' in flaw) || flaw.detail.includes(flaw.at);
  return isNamed ? flaw.detail : `${flaw.at}: ${flaw.detail}`;
}
