import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { keyOf } from '../../../src/storage/keys.ts';
import type { Services } from '../../../src/services.ts';
import { smallPicture } from '../../support/pictures.ts';

/** Different pictures; all images of the batch have one of them. */
const PICTURES = 16;

export type LargeBatch = { images: number; perProduct: number; failedEvery: number };

/** Inserts a batch that has ended, as workers would have left it. */
export async function insertLargeBatch(
  services: Services,
  { images, perProduct, failedEvery }: LargeBatch,
): Promise<void> {
  const { db } = services.database;
  const id = crypto.randomUUID();
  const failed = Math.floor(images / failedEvery);
  const products = images / perProduct;
  await insertPictures(services);
  await sql`
    insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256, products, images,
      state, completed, failed, errors_by_code, started_at, ended_at)
    values (1, ${id}, 'large.csv', 'web', '[]', '{"columns": {"images": 0}}', 1, '', ${products}, ${images},
      'completed_with_errors', ${images - failed}, ${failed}, ${JSON.stringify({ not_found: failed })}, now() - interval '9 hours', now())`.execute(
    db,
  );
  for (let first = 1; first <= products; first += PRODUCTS_AT_ONCE)
    await insertProducts(db, {
      id,
      perProduct,
      failedEvery,
      first,
      last: Math.min(products, first + PRODUCTS_AT_ONCE - 1),
    });
  await sql`analyze products, images`.execute(db); // as autovacuum does within a minute
}

/** In parts: each statement ends within the time that statements have. */
const PRODUCTS_AT_ONCE = 25_000;

type Part = { id: string; perProduct: number; failedEvery: number; first: number; last: number };

async function insertProducts(
  db: Services['database']['db'],
  { id, perProduct, failedEvery, first, last }: Part,
): Promise<void> {
  await sql`
    insert into products (tenant_id, batch_id, row_number, line, name, sku, label, cells, first_slot, images)
    select 1, ${id}, n, n + 1, 'Product ' || n, 'SKU-' || n, 'SKU-' || n, '{}', (n - 1) * ${perProduct}::integer + 1, ${perProduct}
    from generate_series(${first}::integer, ${last}::integer) n`.execute(db);
  await sql`
    insert into images (tenant_id, image_id, batch_id, slot, row_number, position, url, host, lead_slot,
      state, error_code, hash16, ended_at)
    select 1, gen_random_uuid(), ${id}, n, (n - 1) / ${perProduct}::integer + 1, (n - 1) % ${perProduct}::integer + 1,
      'http://a/' || n, 'a', n, case when is_bad then 'failed' else 'completed' end,
      case when is_bad then 'not_found' end, case when not is_bad then lpad((n % ${PICTURES}::integer)::text, 16, '0') end, now()
    from generate_series((${first}::integer - 1) * ${perProduct}::integer + 1, ${last}::integer * ${perProduct}::integer) n,
      lateral (select n % ${failedEvery}::integer = 0 as is_bad) b`.execute(db);
}

async function insertPictures({ database: { db }, storage, config }: Services): Promise<void> {
  const { rows } = await sql<{ token: string }>`select token from tenants where tenant_id = 1`.execute(db);
  const token = rows[0]?.token ?? '';
  for (let i = 0; i < PICTURES; i += 1) {
    const setId = String(i).padStart(16, '0');
    const picture = await smallPicture(i);
    const path = join(config.dataDir, 'tmp', `picture-${i}`);
    const sha256 = createHash('sha256').update(picture).digest('hex');
    await writeFile(path, picture);
    const file = { name: 'thumb', extension: 'jpg' };
    const keeping = { path, bytes: picture.byteLength, sha256, contentType: 'image/jpeg' };
    await storage.put(keyOf({ token, setId }, file), keeping, new AbortController().signal);
    await sql`
      with sets as (
        insert into rendition_sets (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes)
        values (1, ${setId}, decode(${sha256}, 'hex'), 'jpeg', 48, 32, 1000000))
      insert into renditions (tenant_id, hash16, name, ordinal, format, extension, width, height, bytes, sha256)
      values (1, ${setId}, 'thumb', 1, 'jpeg', 'jpg', 48, 32, ${picture.byteLength}, decode(${sha256}, 'hex'))`.execute(
      db,
    );
  }
}
