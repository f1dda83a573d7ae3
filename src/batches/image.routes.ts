import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { Nullable } from '../http/nullable.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { publicId, uuidOf } from '../ids.ts';
import { findImageDetail, type ImageDetail } from '../images/detail.queries.ts';
import { PUBLIC_IMAGE_STATES } from '../images/image.ts';
import { Image, imageBody } from '../images/image.body.ts';
import { findImage, type ImageRow, listAttempts } from '../images/image.queries.ts';
import { ProductOfImage, sheetBody } from '../images/sheet.body.ts';
import { listSheet } from '../images/sheet.queries.ts';
import { Thumb, type ThumbUrls } from '../images/thumb.ts';
import { wordsOfProblem } from '../pipeline/problem-words.ts';

const MAX_SIBLINGS = 100;

const Milliseconds = Type.Integer({ minimum: 0 });

const ImageInFull = Type.Object(
  {
    ...Image.properties,
    batch_name: Type.String(),
    product: ProductOfImage,
    previous_id: Nullable(Type.String({ description: 'The image in the slot before' })),
    next_id: Nullable(Type.String()),
    siblings: Type.Array(
      Type.Object({
        id: Type.String(),
        slot: Type.Integer(),
        position: Type.Integer(),
        state: Type.Enum([...PUBLIC_IMAGE_STATES]),
        error_code: Nullable(Type.String()),
        thumb: Nullable(Thumb),
      }),
      { description: `The other images of the product, at most ${MAX_SIBLINGS}` },
    ),
    problem: Nullable(
      Type.Object(
        {
          title: Type.String(),
          sentence: Type.String(),
          advice: Type.String(),
          try_again: Type.Boolean({ description: 'Whether a retry may help without a correction' }),
        },
        { description: 'What `error_code` means, and what to do' },
      ),
    ),
    final_url: Nullable(Type.String({ description: 'Where redirects led; null: not known any more' })),
    timings: Nullable(
      Type.Object(
        { waited: Milliseconds, download: Milliseconds, make: Milliseconds, store: Milliseconds },
        {
          description:
            'Milliseconds that each step took: waiting for a permit of the host, downloading, making, storing. Null where the renditions existed before',
        },
      ),
    ),
    tries: Type.Array(
      Type.Object({
        at: Type.String({ format: 'date-time' }),
        code: Type.String(),
        detail: Type.String(),
        http_status: Nullable(Type.Integer()),
      }),
      { description: 'The tries that failed, oldest first' },
    ),
    failed_attempts: Type.Array(
      Type.Object({ at: Type.String(), error_code: Type.String(), error_detail: Type.String() }),
      { description: 'As `tries`, for clients of earlier versions' },
    ),
  },
  { 'x-name': 'ImageDetails' },
);

export type ImageParts = ThumbUrls & { db: Db };

export const imageRoutes: FastifyPluginAsyncTypebox<ImageParts> = async (app, parts) => {
  const { db, filesUrl } = parts;

  app.get(
    '/v1/images/:id',
    {
      schema: {
        summary: 'One image: its status, its product, its tries',
        params: Type.Object({ id: Type.String() }),
        response: { 200: ImageInFull, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const { id } = request.params;
      const key = { tenantId: tenantOf(request), imageId: uuidOf('img', id) ?? '' };
      const row = key.imageId === '' ? undefined : await findImage(db, key);
      const detail = row && (await findImageDetail(db, key));
      if (!row || !detail) throw noSuchImage(id);
      return {
        ...imageBody(row, filesUrl),
        ...detailBody(row, detail),
        ...(await triesOf(key)),
        siblings: await siblingsOf(key.tenantId, row, detail),
      };
    },
  );

  async function triesOf(key: { tenantId: number; imageId: string }) {
    const tries = (await listAttempts(db, key)).map(({ at, code, detail, http_status }) => ({
      at: at.toISOString(),
      code,
      detail,
      http_status,
    }));
    const failed_attempts = tries.map(({ at, code, detail }) => ({
      at,
      error_code: code,
      error_detail: detail,
    }));
    return { tries, failed_attempts };
  }

  async function siblingsOf(
    tenantId: number,
    { batch_id, slot }: ImageRow,
    { first_slot, product_images }: ImageDetail,
  ) {
    const rows = await listSheet(db, {
      tenantId,
      batchId: batch_id,
      afterSlot: first_slot - 1,
      limit: Math.min(product_images, MAX_SIBLINGS + 1),
    });
    return rows.filter((row) => row.slot !== slot).map((row) => sheetBody(row, parts));
  }
};

function detailBody(
  { error_code, url }: ImageRow,
  detail: ImageDetail,
): Omit<
  Static<typeof ImageInFull>,
  keyof typeof Image.properties | 'tries' | 'failed_attempts' | 'siblings'
> {
  const {
    batch_name,
    product_name: name,
    sku,
    product_images: images,
    previous_id,
    next_id,
    final_url,
    timings,
  } = detail;
  return {
    batch_name,
    product: { name, sku, images },
    previous_id: previous_id && publicId('img', previous_id),
    next_id: next_id && publicId('img', next_id),
    problem: error_code === null ? null : problemBody(error_code, url),
    final_url,
    timings,
  };
}

function problemBody(code: string, url: string) {
  const { title, sentence, advice, try_again } = wordsOfProblem(code, url);
  return { title, sentence, advice, try_again };
}

function noSuchImage(id: string): Problem {
  return new Problem('not_found', { detail: `There is no image ${id}.` });
}
