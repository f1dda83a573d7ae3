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
    readOptions(
      {
        ...{ columns, charset, header_line: headerLine, sheet, picture_names: pictureNames },
        ...{ strict, on_invalid: onInvalid },
      },
      UploadOptions,
    ),
  );
}
