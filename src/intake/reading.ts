import type { PictureNames } from '../archive/picture-names.ts';
import type { Flaw } from '../errors.ts';
import type { ColumnMapping } from '../csv/header/columns.ts';
import type { Table } from '../csv/table.ts';
import type { TableFormat } from '../csv/table-format.ts';
import type { DoubtRules } from './doubtful-columns.ts';
import { FlawList } from './flaw-list.ts';
import type { RowOptionRole } from './row-options.ts';
import type { CheckedRow } from './rows.ts';

/** How an upload is to be read. */
export type ReadingRules = {
  maxBytes: number;
  /** for temporary files; missing: the system's */
  folder?: string | undefined;
  /** Whether a slot without a scheme is the path of a file: `minilab process` and `check` only. */
  allowPaths: boolean;
  /** of a picture that comes with the table; missing: any */
  maxSourceBytes?: number | undefined;
  /** whether the table is in an archive: another archive is none */
  isInArchive?: boolean | undefined;
  /** names that the column Preset may hold */
  presets: ReadonlySet<string>;
  leastSide?: DoubtRules['leastSide'];
  mapping?: ColumnMapping | undefined;
  /** the physical line of the header, where the user names it */
  headerLine?: number | undefined;
  charset?: string | undefined;
  /** of a workbook: the name of the sheet to read, or its number from 1 */
  sheet?: string | undefined;
  /** of an archive without a table: how the names of its pictures are read */
  pictureNames?: PictureNames | undefined;
  /** of a workbook: is called with the names of its sheets before one is chosen */
  onSheets?: ((names: string[]) => void) | undefined;
  /** Whether this is the first part of a file: its last record may be cut, and is left out. */
  isPartial?: boolean | undefined;
  /** `errors`: every warning counts as an error */
  warningsAre?: 'warnings' | 'errors' | undefined;
};

/** An upload that was read to its end, and everything that is wrong with it. */
export type Reading = ReadingSoFar & { bytes: number; sha256: Buffer };

export type ReadingSoFar = {
  /** missing where the header cannot be used */
  format: TableFormat | undefined;
  /** what the file is; missing where it could not be read as a table */
  kind: Table['kind'] | undefined;
  encoding: string | undefined;
  /** of a workbook: the sheet that is read, and the names of all */
  sheet: Table['sheet'];
  header: string[];
  /** the physical line of the header, from 1 */
  headerLine: number | undefined;
  /** columns of row options that turned out to mean something else; see DoubtfulColumns */
  unmeant: RowOptionRole[];
  rows: number;
  /** rows that have an error */
  badRows: number;
  errors: FlawList;
  warnings: FlawList;
  /** Whether the whole file and its columns could be read; if not, no row of it can be used. */
  isWhole: boolean;
};

export function newReading(): ReadingSoFar {
  return {
    format: undefined,
    kind: undefined,
    encoding: undefined,
    sheet: undefined,
    header: [],
    headerLine: undefined,
    unmeant: [],
    rows: 0,
    badRows: 0,
    errors: new FlawList(),
    warnings: new FlawList(),
    isWhole: false,
  };
}

/** Receives each row once, in order; row numbers begin at 1. */
export type RowHandler = (row: CheckedRow, rowNumber: number) => Promise<void> | void;

export type Flawed = { errors: Flaw[]; warnings: Flaw[] };

/** What is wrong with a part of the upload, as `strict` wants it counted. */
export function judged<T extends Flawed>(part: T, { warningsAre }: ReadingRules): T {
  if (warningsAre !== 'errors' || part.warnings.length === 0) return part;
  return { ...part, errors: [...part.errors, ...part.warnings], warnings: [] };
}

export function note(reading: ReadingSoFar, { errors, warnings }: Flawed): void {
  reading.errors.add(errors);
  reading.warnings.add(warnings);
}
