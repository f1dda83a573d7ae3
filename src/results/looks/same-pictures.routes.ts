import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { batchKey, noSuchBatch } from '../../batches/status.routes.ts';
import type { Db } from '../../db/database.ts';
import { downloadAs } from '../../http/download-name.ts';
import { isCount, PAGE_SIZE, pageOf, PageQuery, readCursor } from '../../http/pages.ts';
import { tenantOf } from '../../http/principal.ts';
import { ProblemAnswer } from '../../http/problem.ts';
import { findResults } from '../results.queries.ts';
import { sendPieces, streamed } from '../send-pieces.ts';
import { countLooks, listLooks, LOOK_KINDS, looksArePending } from './look.queries.ts';
import { samePicturesCsv } from './same-pictures-csv.ts';
import { samePictureBody, SamePictures } from './same-pictures.body.ts';

const Params = Type.Object({ id: Type.String() });

const Wanted = {
  kind: Type.Optional(Type.Enum([...LOOK_KINDS], { description: 'Default: twice, shared and placeholder' })),
  min_products: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: 'On so many products at least' }),
  ),
};

const DESCRIPTION =
  'Pictures that occur more than once in a batch: the same bytes, or the same look. They are found after the end of each round. See docs/check.md.';

/** Pictures that occur more than once in a batch. */
export const samePictureRoutes: FastifyPluginAsyncTypebox<{ db: Db }> = async (app, { db }) => {
  app.get(
    '/v1/batches/:id/same-pictures',
    {
      schema: {
        summary: 'Pictures that occur more than once in a batch, biggest groups first',
        description: DESCRIPTION,
        params: Params,
        querystring: Type.Object({ ...PageQuery, ...Wanted }),
        response: { 200: SamePictures, 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { kind, min_products: minProducts, cursor, limit = PAGE_SIZE } = request.query;
      const key = batchKey(tenantOf(request), id);
      const afterLook = readCursor(cursor, isCount) ?? 0;
      const pending = await looksArePending(db, key);
      if (pending === undefined) throw noSuchBatch(id);
      const rows = await listLooks(db, key, { kind, minProducts, afterLook, limit: limit + 1 });
      const page = pageOf(rows, limit, { item: samePictureBody, cursor: (row) => row.look });
      return { counts: await countLooks(db, key), ...page, pending };
    },
  );

  app.get(
    '/v1/batches/:id/same-pictures.csv',
    {
      schema: {
        summary: 'A line for each image of the pictures that occur more than once',
        description: DESCRIPTION,
        params: Params,
        querystring: Type.Object(Wanted),
        response: streamed('text/csv'),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { kind, min_products: minProducts } = request.query;
      const results = await findResults(db, batchKey(tenantOf(request), id));
      if (!results) throw noSuchBatch(id);
      return sendPieces(reply, samePicturesCsv(db, results, { kind, minProducts }), {
        as: downloadAs(results.fileName, 'same-pictures.csv'),
        type: 'text/csv; charset=utf-8',
      });
    },
  );
};
