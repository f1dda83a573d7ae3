import type { Flaw } from '../errors.ts';
import type { Columns } from '../csv/header/columns.ts';
import type { TableKind } from '../csv/table-format.ts';
import type { FoundHeader } from '../csv/header/find-header.ts';
import { type ListedColumn, listColumns, ROLES } from './column-list.ts';
import type { ImageHeader } from './image-headers.ts';
import { readUpload } from './read-upload.ts';
import type { Reading, ReadingRules, RowHandler } from './reading.ts';
import { RowOptionNumbers } from './row-option-numbers.ts';
import type { ProductRow } from './rows.ts';
import { type ShownRow, ShownRows } from './shown-rows.ts';

/** How an upload would be read, and what is wrong with it. */
export type Preview = {
  ok: boolean;
  rows: number;
  /** rows that have an error */
  bad_rows: number;
  images: number;
  /** of rows without an error */
  usable_images: number;
  header: string[];
  header_line: number | null;
  /** the names of the columns of each role; several may hold image URLs or SKUs */
  columns: Partial<Record<keyof Columns, string | string[]>>;
  /** null where the file could not be read as a table */
  file_kind: TableKind | null;
  /** of a workbook */
  sheet: string | null;
  sheets: string[];
  delimiter: string | null;
  encoding: string | null;
  first_rows: { row: number; line: number; name: string; sku: string | null; images: string[] }[];
  error_count: number;
  errors: Flaw[];
  warning_count: number;
  warnings: Flaw[];
  probes: ImageHeader[];
  column_list: ListedColumn[];
  roles: typeof ROLES;
  rows_shown: ShownRow[];
};

const ROWS_SHOWN = 5;

/** A preview without image headers, and a sample of the URLs to read them from. */
export type Previewed = { preview: Preview; sample(count: number): string[] };

/**
 * Reads and checks an upload with the same code as acceptance, and stores nothing.
 * @param look receives each product
 */
export async function previewUpload(
  chunks: AsyncIterable<Buffer>,
  rules: ReadingRules,
  look?: (product: ProductRow) => Promise<void>,
): Promise<Previewed> {
  const shown: Preview['first_rows'] = [];
  const sample = new UrlSample();
  const rowOptions = new RowOptionNumbers();
  const rows = new ShownRows();
  let header: FoundHeader | undefined;
  let images = 0;
  let usable = 0;
  const handle: RowHandler = (checked, row) => {
    const { product, errors } = checked;
    rows.add(checked, row);
    images += product.images.length;
    if (errors.length === 0) {
      rowOptions.numberOf(product); // for its error
      usable += product.images.length;
    }
    if (row <= ROWS_SHOWN) shown.push(shownRow(product, row));
    for (const image of product.images) if (image.host !== '' && !image.picture) sample.add(image);
    return look?.(product);
  };
  const reading = await readUpload(chunks, rules, handle, (found) => (header = found));
  const { format } = reading;
  if (header && !format) rows.addUnread(header.products);
  const list = header ? listColumns(header, format?.columns, rules) : [];
  const table = { column_list: list, roles: ROLES, rows_shown: rows.rows };
  return {
    preview: {
      ...summaryOf(reading),
      images,
      usable_images: usable,
      first_rows: shown,
      probes: [],
      ...table,
    },
    sample: (count) => sample.take(count),
  };
}

function shownRow({ line, name, sku, images }: ProductRow, row: number) {
  return { row, line, name, sku: sku ?? null, images: images.map(({ url }) => url) };
}

function summaryOf(reading: Reading) {
  const { kind, sheet, format, encoding, header, headerLine, rows, badRows, errors, warnings } = reading;
  return {
    ok: errors.count === 0,
    rows,
    bad_rows: badRows,
    header,
    header_line: headerLine ?? null,
    columns: format ? namesOf(format.columns, header) : {},
    file_kind: kind ?? null,
    sheet: sheet?.name ?? null,
    sheets: sheet?.all ?? [],
    delimiter: kind === 'csv' ? (format?.delimiter ?? null) : null,
    encoding: encoding ?? null,
    error_count: errors.count,
    errors: errors.first,
    warning_count: warnings.count,
    warnings: warnings.first,
  };
}

/** Roles with the names of their columns. */
function namesOf(columns: Columns, header: string[]): Preview['columns'] {
  const named = (column: number): string => header[column]?.trim() ?? '';
  const names: Preview['columns'] = {};
  for (const [role, column] of Object.entries(columns)) {
    if (column === undefined || role === 'spill' || role === 'grammar') continue;
    names[role as keyof Columns] = Array.isArray(column) ? column.map(named) : named(column);
  }
  return names;
}

const SAMPLED_HOSTS = 100;
const SAMPLED_URLS = 100; // per host

/** The first URLs of each host. One host says nothing about the others, so a sample takes turns among them. */
class UrlSample {
  readonly #byHost = new Map<string, Set<string>>();

  add({ host, url }: { host: string; url: string }): void {
    const isNew = this.#byHost.size < SAMPLED_HOSTS;
    const urls = this.#byHost.get(host) ?? (isNew ? new Set<string>() : undefined);
    if (!urls || urls.size >= SAMPLED_URLS) return;
    this.#byHost.set(host, urls.add(url));
  }

  take(count: number): string[] {
    const hosts = Array.from(this.#byHost.values(), (urls) => Array.from(urls));
    const turns = Array.from({ length: SAMPLED_URLS }, (_, i) => hosts.flatMap((urls) => urls[i] ?? []));
    return turns.flat().slice(0, count);
  }
}
