import { invalidFile } from '../csv/invalid-file.ts';
import { InflateBudget } from '../zip/inflate-budget.ts';
import type { ZipFile, ZipPart } from '../zip/zip-file.ts';
import { isOfSystem } from './paths.ts';

/** A file of an archive. Sizes are what the archive says of it. */
export type ArchiveFile = Pick<ZipPart, 'name' | 'bytes'>;

const MAX_RATIO = 50; // pictures have about 1, tables 20, scans on white 30
const FREE_BYTES = 256 * 2 ** 20; // whatever the ratio

/** The files of a ZIP archive, without its folders and without what systems add for themselves. */
export class Archive {
  readonly files: readonly ZipPart[];
  /** what cannot be read and has to be told, each with the reason */
  readonly leftOut: readonly string[];
  readonly #zip: ZipFile;
  readonly #budget: InflateBudget;

  /**
   * @param bytes of the archive
   * @throws Problem `csv_invalid`: `file_too_complex`
   */
  constructor(zip: ZipFile, bytes: number) {
    const parts = [...zip.parts.values()].filter(({ name, isFolder }) => !isFolder && !isOfSystem(name));
    this.#zip = zip;
    this.files = parts.filter((part) => reasonToLeaveOut(part) === undefined);
    this.leftOut = parts.flatMap((part) => {
      const reason = reasonToLeaveOut(part);
      return reason === undefined ? [] : [`${part.name} (${reason})`];
    });
    this.#budget = new InflateBudget(totalOf(this.files, bytes));
  }

  /** @throws Problem `csv_invalid` from the generator, if it is not what the archive says */
  read(file: ZipPart): AsyncGenerator<Buffer> {
    return this.#zip.read(file, this.#budget);
  }
}

function reasonToLeaveOut({ name, isSpecial, isEncrypted }: ZipPart): string | undefined {
  if (isSpecial) return 'a link';
  if (isEncrypted) return 'encrypted';
  return /[\0-\x1f\x7f]/.test(name) ? 'its name has control characters' : undefined;
}

/**
 * How many bytes the files have in all. One picture may well have 100 times the size that it has in the archive, but not
 * all of them.
 * @throws Problem `csv_invalid`: `file_too_complex`
 */
function totalOf(files: readonly ZipPart[], archiveBytes: number): number {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= FREE_BYTES || total <= MAX_RATIO * archiveBytes) return total;
  const ratio = Math.round(total / archiveBytes);
  throw invalidFile(
    'file_too_complex',
    `The archive unpacks to ${ratio} times its size, as a ZIP bomb does; at most ${MAX_RATIO} times are allowed. Pack the files anew.`,
  );
}
