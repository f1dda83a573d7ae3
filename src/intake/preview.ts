import pLimit from 'p-limit';
import type { Guard } from '../net/guard.ts';
import type { DecoderPool } from '../pipeline/decoder-pool.ts';
import { fetchFirstBytes } from '../pipeline/download/first-bytes.ts';
import { imageFormat } from '../pipeline/sniff.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import type { Flaw } from '../errors.ts';
import { numberRowOptions } from './row-option-numbers.ts';
import type { Columns } from '../csv/header/columns.ts';
import { type Reading, type ReadingRules, readUpload } from './reading.ts';
import type { ProductRow } from './rows.ts';

/** What an upload would be taken for; nothing of it is stored. */
export type Preview = {
  ok: boolean;
  rows: number;
  /** rows that have an error */
  bad_rows: number;
  images: number;
  header: string[];
  header_line: number | null;
  /** what each column that is read was taken for; several hold URLs or names of the product */
  columns: Partial<Record<keyof Columns, string | string[]>>;
  delimiter: string | null;
  encoding: string | null;
  first_rows: { row: number; line: number; name: string; sku: string | null; images: string[] }[];
  error_count: number;
  errors: Flaw[];
  warning_count: number;
  warnings: Flaw[];
  probes: ImageHeader[];
};

/** What the first bytes of an image say. */
export type ImageHeader = {
  url: string;
  ok: boolean;
  code: string | null;
  detail: string | null;
  content_type: string | null;
  bytes: number | null;
  format: string | null;
  width: number | null;
  height: number | null;
};

const ROWS_SHOWN = 5;

/** A preview without its probes, and the URLs to look at for them. */
export type Previewed = { preview: Preview; sample(count: number): string[] };

/**
 * Reads and checks an upload on the way that acceptance takes too, and stores nothing.
 * @param look gets each product
 */
export async function previewUpload(
  chunks: AsyncIterable<Buffer>,
  rules: ReadingRules,
  look?: (product: ProductRow) => Promise<void>,
): Promise<Previewed> {
  const shown: Preview['first_rows'] = [];
  const sample = urlSample();
  const choices = numberRowOptions();
  let images = 0;
  const reading = await readUpload(chunks, rules, ({ product, errors }, row) => {
    if (errors.length === 0) choices.of(product);
    images += product.images.length;
    if (row <= ROWS_SHOWN) shown.push(shownRow(product, row));
    for (const image of product.images) if (image.host !== '') sample.add(image);
    return look?.(product);
  });
  return {
    preview: { ...summaryOf(reading), images, first_rows: shown, probes: [] },
    sample: sample.take,
  };
}

function shownRow({ line, name, sku, images }: ProductRow, row: number) {
  return { row, line, name, sku: sku ?? null, images: images.map(({ url }) => url) };
}

function summaryOf(reading: Reading) {
  const { format, encoding, header, headerLine, rows, badRows, errors, warnings } = reading;
  return {
    ok: errors.count === 0,
    rows,
    bad_rows: badRows,
    header,
    header_line: headerLine ?? null,
    columns: format ? namesOf(format.columns, header) : {},
    delimiter: format?.delimiter ?? null,
    encoding: encoding ?? null,
    error_count: errors.count,
    errors: errors.first,
    warning_count: warnings.count,
    warnings: warnings.first,
  };
}

/** By the names of the header. */
function namesOf(columns: Columns, header: string[]): Preview['columns'] {
  const named = (column: number): string => header[column]?.trim() ?? '';
  const names: Preview['columns'] = {};
  for (const [role, column] of Object.entries(columns)) {
    if (column === undefined || role === 'spill' || role === 'grammar') continue;
    names[role as keyof Columns] = Array.isArray(column) ? column.map(named) : named(column);
  }
  return names;
}

const SAMPLE = 100; // hosts, and URLs of each

/** The first URLs of each host, in turns: a look at one host says nothing of the others. */
function urlSample() {
  const byHost = new Map<string, Set<string>>();
  return {
    add({ host, url }: { host: string; url: string }): void {
      const urls = byHost.get(host) ?? (byHost.size < SAMPLE ? new Set<string>() : undefined);
      if (!urls || urls.size >= SAMPLE) return;
      byHost.set(host, urls.add(url));
    },
    take(count: number): string[] {
      const hosts = byHost
        .values()
        .map((urls) => Array.from(urls))
        .toArray();
      const turns = Array.from({ length: SAMPLE }, (_, i) => hosts.flatMap((urls) => urls[i] ?? []));
      return turns.flat().slice(0, count);
    },
  };
}

type ImageHeaderRules = { guard: Guard; userAgent: string; decoders: Pick<DecoderPool, 'readHeader'> };

const HEADERS_AT_A_TIME = 8;

/** Asks for the first bytes of images. @throws the signal's reason */
export async function readImageHeaders(
  urls: string[],
  rules: ImageHeaderRules,
  signal: AbortSignal,
): Promise<ImageHeader[]> {
  const limit = pLimit(HEADERS_AT_A_TIME);
  return Promise.all(urls.map((url) => limit(() => readImageHeader(url, rules, signal))));
}

async function readImageHeader(
  url: string,
  rules: ImageHeaderRules,
  signal: AbortSignal,
): Promise<ImageHeader> {
  const seen: ImageHeader = {
    ...{ url, ok: false, code: null, detail: null, content_type: null },
    ...{ bytes: null, format: null, width: null, height: null },
  };
  try {
    const { head, bytes, contentType, finalUrl } = await fetchFirstBytes(url, rules, signal);
    Object.assign(seen, { bytes, content_type: contentType });
    seen.format = imageFormat(head, finalUrl);
    const file = { head: head.toString('base64'), bytes: bytes ?? head.length };
    const { width, height } = await rules.decoders.readHeader(file, signal);
    return { ...seen, ok: true, width, height };
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    // The header of a few files is longer than what was asked for.
    if (seen.format !== null && SAYS_NOTHING.has(error.code)) return { ...seen, ok: true };
    return { ...seen, code: error.code, detail: error.message };
  }
}

const SAYS_NOTHING = new Set(['truncated_image', 'corrupt_image']);
