/**
 * What intake has written into the database, of whichever version it is. `batches.table_format` is read
 * through here only: what an older version did not know is completed, and what only a newer one knows stays.
 */
import type { Columns } from './header/columns.ts';
import type { FileLayout } from './file-layout.ts';
import type { SlotColumns } from './cells/slots.ts';

/** How the CSV was written and what its columns mean: enough to write the same table again. */
export type TableFormat = {
  delimiter: string;
  bom: boolean;
  header: string[];
  columns: Columns & SlotColumns;
  /** missing in batches of earlier versions */
  written?: FileLayout;
};

/** The first version had one column of images and one that names a product, and knew no choices of a row. */
type StoredColumns = Partial<Omit<Columns, 'images' | 'sku'>> &
  Pick<SlotColumns, 'grammar'> & {
    images: number | number[];
    sku?: number | number[];
  };

export type StoredTableFormat = Omit<TableFormat, 'columns'> & { columns: StoredColumns };

export function readTableFormat(stored: StoredTableFormat): TableFormat {
  return { ...stored, columns: readColumns(stored.columns) };
}

function readColumns(stored: StoredColumns): TableFormat['columns'] {
  const { images, sku = [], name, serial, preset, width, height, quality, format, spill } = stored;
  const known = { name, serial, preset, width, height, quality, format, spill };
  return { ...stored, ...known, images: [images].flat(), sku: [sku].flat() };
}
