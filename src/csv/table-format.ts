/**
 * The stored form of a table's format, of any version. `batches.table_format` is read only through readTableFormat:
 * it adds what older versions did not store, and keeps what only newer ones do.
 */
import type { Columns } from './header/columns.ts';
import type { FileLayout } from './file-layout.ts';
import type { SlotColumns } from './cells/slots.ts';

/** What a table came as. */
export const TABLE_KINDS = ['csv', 'xlsx', 'json', 'ndjson', 'xml'] as const;
export type TableKind = (typeof TABLE_KINDS)[number];

/** How a CSV was written and what its columns mean: enough to write the same table again. */
export type TableFormat = {
  delimiter: string;
  bom: boolean;
  header: string[];
  columns: Columns & SlotColumns;
  /** missing in batches of older versions */
  written?: FileLayout;
  /** what the upload was; missing: a CSV */
  kind?: TableKind;
};

/** The first version had one image column, one SKU column, and no row options. */
type StoredColumns = Partial<Omit<Columns, 'images' | 'sku'>> &
  Pick<SlotColumns, 'grammar'> & {
    images: number | number[];
    sku?: number | number[];
  };

export type StoredTableFormat = Omit<TableFormat, 'columns'> & { columns: StoredColumns };

export function readTableFormat(stored: StoredTableFormat): TableFormat {
  return { ...stored, columns: readColumns(stored.columns), ...writtenOf(stored) };
}

const WITHOUT_LINES = new Set<TableKind>(['json', 'ndjson', 'xml']);

/** Nothing stands above the header of a table without lines. Versions of November 2026 stored its products there. */
function writtenOf({ kind, written }: StoredTableFormat): Pick<TableFormat, 'written'> {
  if (!written || kind === undefined || !WITHOUT_LINES.has(kind)) return {};
  return { written: { ...written, above: '', below: '' } };
}

function readColumns(stored: StoredColumns): TableFormat['columns'] {
  const { images, sku = [], name, serial, preset, width, height, quality, format, spill } = stored;
  const added = { name, serial, preset, width, height, quality, format, spill };
  return { ...stored, ...added, images: [images].flat(), sku: [sku].flat() };
}
