import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { problems } from '../http/document/problems.ts';
import { ListOf, valuesOf } from '../http/lists.ts';
import { wrongParameter } from '../http/flaws.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { tenantOf } from '../http/principal.ts';
import { uuidOf } from '../ids.ts';
import { CodeList, imageCodesOf } from '../images/code-list.ts';
import { Batch, batchBody } from './batch.body.ts';
import { cancelBatch } from './cancel.ts';
import type { MoveRules } from './move-on.ts';
import { deleteBatch } from './delete.ts';
import { retryBatch } from './retry.ts';
import { batchKey, noSuchBatch } from './status.routes.ts';

export type ControlParts = { db: Db; patient: Db; feed: MoveRules; publicUrl: string };

const POLL_AFTER_S = 2;

const Params = Type.Object({ id: Type.String() });

export const controlRoutes: FastifyPluginAsyncTypebox<ControlParts> = async (app, parts) => {
  const { db, patient, feed, publicUrl } = parts;

  app.post(
    '/v1/batches/:id/retry',
    {
      config: { audit: 'batch.retry' },
      schema: {
        summary: 'Retry the failed images of a batch',
        description:
          'Begins the next round of a batch that has ended. The round has an event of its own. With `when_ended`, a batch that still runs is answered as it is, and its next round begins within seconds of its end; several requests add up. Cancelling the batch drops them.',
        params: Params,
        querystring: Type.Object({
          code: CodeList,
          host: ListOf('Only images of this host'),
          image: ListOf('Only the image with this id, and those of the batch with the same URL and settings'),
          when_ended: Type.Optional(
            Type.Boolean({ default: false, description: 'Wait for the end of a batch that still runs' }),
          ),
        }),
        response: { 202: Batch, 404: ProblemAnswer, ...problems('conflict') },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { code, host, image, when_ended: whenEnded = false } = request.query;
      const filter = { codes: imageCodesOf(code), hosts: valuesOf(host), images: imagesOf(image) };
      const key = batchKey(tenantOf(request), id);
      const retry = async (trx: Db) => found(await retryBatch(trx, key, { filter, feed, whenEnded }), id);
      const row = await audited(request, patient, retry, () => ({ details: request.query }));
      const body = batchBody(row, publicUrl);
      return reply
        .code(202)
        .header('location', body.links.self)
        .header('retry-after', POLL_AFTER_S)
        .send(body);
    },
  );

  app.post(
    '/v1/batches/:id/cancel',
    {
      config: { audit: 'batch.cancel' },
      schema: {
        summary: 'Cancel the images of a batch that have not ended',
        description:
          'Workers drop the images that they are processing within seconds. Images that have ended stay as they are.',
        params: Params,
        response: { 200: Batch, 404: ProblemAnswer, ...problems('conflict') },
      },
    },
    async (request) => {
      const { id } = request.params;
      const key = batchKey(tenantOf(request), id);
      const row = await audited(request, db, async (trx) => found(await cancelBatch(trx, key, feed), id));
      return batchBody(row, publicUrl);
    },
  );

  app.delete(
    '/v1/batches/:id',
    {
      config: { audit: 'batch.delete' },
      schema: {
        summary: 'Delete a batch that has ended',
        description:
          'Files that no other batch refers to are deleted within seconds; many files take minutes.',
        params: Params,
        response: { 204: Type.Null(), 404: ProblemAnswer, ...problems('conflict') },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const key = batchKey(tenantOf(request), id);
      await audited(request, patient, async (trx) => found(await deleteBatch(trx, key), id));
      return reply.code(204).send(null);
    },
  );
};

/** @throws Problem `bad_request` for a text that is no id of an image */
function imagesOf(list: string | undefined): string[] | undefined {
  return valuesOf(list)?.map((id) => {
    const uuid = uuidOf('img', id);
    if (uuid === undefined) throw wrongParameter('image', `It has "${id}", which is no id of an image.`);
    return uuid;
  });
}

/** @throws Problem `not_found` */
function found<T>(result: T | undefined | false, id: string): T {
  if (result === undefined || result === false) throw noSuchBatch(id);
  return result;
}
