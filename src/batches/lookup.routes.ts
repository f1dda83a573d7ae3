import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { tenantOf } from '../http/principal.ts';
import {
  isCount,
  isText,
  PAGE_SIZE,
  PageOf,
  pageOf,
  PageQuery,
  readCursor,
  readIdCursor,
} from '../http/pages.ts';
import { LAST_UUID, publicId, uuidOf } from '../ids.ts';
import { Image, imageBody } from '../images/image.body.ts';
import { type ImageRow, listImagesOfRanges, listImagesOfUrl } from '../images/image.queries.ts';
import { listProductsOfSku, type ProductCursor, type ProductRow } from './product.queries.ts';

const Product = Type.Object(
  {
    batch_id: Type.String(),
    batch_name: Type.String(),
    row: Type.Integer({ description: 'Row of the CSV below its header, from 1' }),
    line: Type.Integer({ description: 'Line of the file on which the row begins, from 1' }),
    name: Type.String(),
    sku: Type.String(),
    created_at: Type.String({ format: 'date-time', description: 'When the batch was created' }),
    images: Type.Array(Image),
  },
  { 'x-name': 'Product' },
);

export type LookupParts = { db: Db; filesUrl: string };

export const lookupRoutes: FastifyPluginAsyncTypebox<LookupParts> = async (app, parts) => {
  const { db, filesUrl } = parts;

  app.get(
    '/v1/products',
    {
      schema: {
        summary: 'Products with a SKU in all batches, newest batch first',
        querystring: Type.Object({ ...PageQuery, sku: Type.String({ minLength: 1 }) }),
        response: { 200: PageOf(Product), 400: ProblemAnswer },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request);
      const { sku, limit = PAGE_SIZE, cursor } = request.query;
      const rows = await listProductsOfSku(db, {
        tenantId,
        sku,
        after: productCursor(cursor),
        limit: limit + 1,
      });
      const images = await imagesOf(db, tenantId, rows.slice(0, limit));
      return pageOf(rows, limit, {
        item: (row) => productBody(row, images.get(productKey(row)) ?? [], filesUrl),
        cursor: (row) => [publicId('bat', row.batch_id), row.row_number],
      });
    },
  );

  app.get(
    '/v1/images',
    {
      schema: {
        summary: 'Images with a source URL in all batches, newest first',
        querystring: Type.Object({ ...PageQuery, url: Type.String({ minLength: 1 }) }),
        response: { 200: PageOf(Image), 400: ProblemAnswer },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request);
      const { url, limit = PAGE_SIZE, cursor } = request.query;
      const before = readIdCursor(cursor, 'img') ?? LAST_UUID;
      const rows = await listImagesOfUrl(db, { tenantId, url, before, limit: limit + 1 });
      return pageOf(rows, limit, {
        item: (row) => imageBody(row, filesUrl),
        cursor: (row) => publicId('img', row.image_id),
      });
    },
  );
};

function isPlace(value: unknown): value is [string, number] {
  return (
    Array.isArray(value) && isText(value[0]) && uuidOf('bat', value[0]) !== undefined && isCount(value[1])
  );
}

/** Without a cursor, a page begins before the first product. */
function productCursor(cursor: string | undefined): ProductCursor {
  const [id, row] = readCursor(cursor, isPlace) ?? [];
  return { batchId: (id && uuidOf('bat', id)) ?? LAST_UUID, row: row ?? 0 };
}

/** The images of products, by product. */
async function imagesOf(db: Db, tenantId: number, products: ProductRow[]): Promise<Map<string, ImageRow[]>> {
  const ranges = products.map(({ batch_id, first_slot, images }) => ({
    batchId: batch_id,
    firstSlot: first_slot,
    images,
  }));
  return Map.groupBy(await listImagesOfRanges(db, { tenantId, ranges }), productKey);
}

function productKey(row: { batch_id: string; row_number: number }): string {
  return `${row.batch_id} ${row.row_number}`;
}

function productBody(row: ProductRow, images: ImageRow[], filesUrl: string): Static<typeof Product> {
  return {
    batch_id: publicId('bat', row.batch_id),
    batch_name: row.batch_name,
    row: row.row_number,
    line: row.line,
    name: row.name,
    sku: row.sku,
    created_at: row.created_at.toISOString(),
    images: images.map((image) => imageBody(image, filesUrl)),
  };
}
