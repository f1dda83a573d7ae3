import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** What belongs to an image beside its own row. Times in milliseconds. */
export type ImageDetail = {
  batch_name: string;
  product_name: string;
  sku: string | null;
  first_slot: number;
  product_images: number;
  previous_id: string | null;
  next_id: string | null;
  final_url: string | null;
  /** null unless the files were made for this image, or for one that it follows */
  timings: { waited: number; download: number; make: number; store: number } | null;
};

export async function findImageDetail(
  db: Db,
  { tenantId, imageId }: { tenantId: number; imageId: string },
): Promise<ImageDetail | undefined> {
  const { rows } = await sql<ImageDetail>`
    select b.name as batch_name, coalesce(p.name, '') as product_name, p.sku, coalesce(p.first_slot, i.slot) as first_slot,
      coalesce(p.images, 1) as product_images, before.image_id as previous_id, after.image_id as next_id, f.final_url,
      -- a set is recorded in the transaction that ends the image it was made for
      case when s.created_at = i.ended_at and s.make_ms is not null then json_build_object(
        'waited', s.waited_ms, 'download', s.download_ms, 'make', s.make_ms, 'store', s.store_ms) end as timings
    from images i
    join batches b on b.tenant_id = i.tenant_id and b.batch_id = i.batch_id
    left join products p on p.tenant_id = i.tenant_id and p.batch_id = i.batch_id and p.row_number = i.row_number
    left join images before on before.tenant_id = i.tenant_id and before.batch_id = i.batch_id and before.slot = i.slot - 1
    left join images after on after.tenant_id = i.tenant_id and after.batch_id = i.batch_id and after.slot = i.slot + 1
    left join rendition_sets s on s.tenant_id = i.tenant_id and s.hash16 = i.hash16
    left join lateral (
      -- a source with other content says nothing of this image: see results/manifest.ts
      select nullif(f.final_url, '') as final_url from sources f
      where f.tenant_id = i.tenant_id and hashtextextended(f.url, 0) = hashtextextended(i.url, 0) and f.url = i.url
        and f.sha256 = s.source_sha256
      order by f.fetched_at desc limit 1) f on true
    where i.tenant_id = ${tenantId} and i.image_id = ${imageId}`.execute(db);
  return rows[0];
}
