import { sql } from 'kysely';
import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import { publicId } from '../ids.ts';
import { FIX_SQL, fixBody } from '../images/fix.ts';
import { type ImageState, shownState, STATE_NOW } from '../images/image.ts';
import type { Fix } from '../pipeline/file-measures.ts';
import { sentenceOf } from '../pipeline/problem-words.ts';
import { fileUrls, type OutputFile } from './files.ts';
import type { BatchResults } from './results.queries.ts';

/**
 * The provenance of each rendition: its source, the libraries that made it, and the times. One line of JSON
 * per rendition, and one with `"rendition": null` per image without any.
 */
export async function* manifest(db: Db, results: BatchResults, filesUrl: string): AsyncGenerator<string> {
  const url = fileUrls(results, filesUrl);
  let images = await readManifestRows(db, results, 0);
  while (images.length > 0) {
    const lines = images.flatMap((image) => linesOf(image, results, url));
    yield lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    images = await readManifestRows(db, results, images.at(-1)?.slot ?? 0);
  }
}

function linesOf(image: ManifestRow, results: BatchResults, url: (file: OutputFile) => string) {
  const { slot, row_number: row, position, sku, label, url: source_url, final_url, source } = image;
  const { error_code, is_placeholder, made_by, fetched_at, made_at, ended_at } = image;
  const error_detail =
    error_code === null ? null : (image.error_detail ?? sentenceOf(error_code, source_url));
  const what = { batch: publicId('bat', results.batchId), slot, row, position, sku, label };
  const state = shownState(image.state, results);
  const from = { state, error_code, error_detail, source_url, final_url, source, is_placeholder };
  const preset = results.recipes[image.recipe]?.preset ?? null;
  const how = { preset, made_by, times: { fetched_at, made_at, ended_at } };
  return (image.renditions ?? [null]).map((made) => {
    const rendition = made && renditionBody(made, url(fileOf(image, made)));
    return Object.assign({}, what, from, { rendition }, how);
  });
}

function renditionBody({ name, sha256, bytes, width, height, format, fix }: RenditionRow, url: string) {
  const told = fixBody(fix);
  return { name, url, sha256, bytes, width, height, format, ...(told && { fix: told }) };
}

function fileOf(image: ManifestRow, { name: rendition, ordinal, extension }: RenditionRow): OutputFile {
  const { label, product_name: productName, position, hash16: setId } = image;
  return { label, productName, position, setId, rendition, ordinal, extension };
}

type RenditionRow = {
  name: string;
  ordinal: number;
  extension: string;
  sha256: string;
  bytes: number;
  width: number;
  height: number;
  format: string;
  fix: Fix | null;
};

type ManifestRow = {
  slot: number;
  row_number: number;
  position: number;
  label: string;
  sku: string | null;
  product_name: string;
  recipe: number;
  state: ImageState;
  error_code: string | null;
  error_detail: string | null;
  is_placeholder: boolean;
  url: string;
  hash16: string | null;
  ended_at: Date | null;
  made_at: Date | null;
  made_by: Record<string, string> | null;
  source: Record<string, string | number> | null;
  final_url: string | null;
  fetched_at: Date | null;
  renditions: RenditionRow[] | null;
};

const IMAGES_A_PAGE = 500;

/** A page of images in the order of their slots, with their sources and renditions. */
async function readManifestRows(
  db: Db,
  { tenantId, batchId }: BatchKey,
  afterSlot: number,
): Promise<ManifestRow[]> {
  const { rows } = await sql<ManifestRow>`
    select i.slot, i.row_number, i.position, p.label, p.sku, p.name as product_name, i.recipe, ${STATE_NOW} as state,
      i.error_code, i.error_detail, i.is_placeholder, i.url, i.hash16, i.ended_at, s.created_at as made_at, s.made_by,
      case when s.hash16 is not null then json_build_object('sha256', encode(s.source_sha256, 'hex'),
        'bytes', s.source_bytes, 'width', s.source_width, 'height', s.source_height, 'format', s.source_format,
        'difference_hash', lpad(to_hex(s.source_difference_hash::bigint), 16, '0')) end as source,
      f.final_url, f.fetched_at,
      (select json_agg(json_build_object('name', r.name, 'ordinal', r.ordinal - 1, 'extension', r.extension,
          'sha256', encode(r.sha256, 'hex'), 'bytes', r.bytes, 'width', r.width, 'height', r.height,
          'format', r.format, 'fix', ${FIX_SQL}) order by r.ordinal)
        from renditions r where r.tenant_id = i.tenant_id and r.hash16 = i.hash16) as renditions
    from (
      select * from images
      where tenant_id = ${tenantId} and batch_id = ${batchId} and slot > ${afterSlot}
      order by slot limit ${IMAGES_A_PAGE}) i
    join products p on p.tenant_id = i.tenant_id and p.batch_id = i.batch_id and p.row_number = i.row_number
    left join rendition_sets s on s.tenant_id = i.tenant_id and s.hash16 = i.hash16
    left join lateral (
      -- Another batch may have fetched this URL since. Its source counts only with the same content: any
      -- other says nothing of this image. One URL has several sources if it was fetched with other secret
      -- headers (source key): the newest of them with this content is shown.
      select nullif(f.final_url, '') as final_url, f.fetched_at from sources f
      where f.tenant_id = i.tenant_id and hashtextextended(f.url, 0) = hashtextextended(i.url, 0) and f.url = i.url
        and f.sha256 = s.source_sha256
      order by f.fetched_at desc limit 1) f on true
    order by i.slot`.execute(db);
  return rows;
}
