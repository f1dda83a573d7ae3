import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { SHA256 } from '../http/patterns.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { MARK_KINDS } from '../pipeline/marks.ts';
import { markBody, MarkedPicture, MarkInput } from './mark.body.ts';
import { deleteMark, findMark, listMarks, type MarkPlace, type MarkRow, putMark } from './mark.queries.ts';

const Params = Type.Object({
  sha256: Type.String({ pattern: SHA256, description: 'Of the source: `source.sha256` of an image' }),
});

type MarkRouteParts = { db: Db; filesUrl: string };

/** Pictures that a tenant has marked as placeholders, or as allowed. */
export const markRoutes: FastifyPluginAsyncTypebox<MarkRouteParts> = async (app, { db, filesUrl }) => {
  const bodyOf = (row: MarkRow) => markBody(row, filesUrl);

  app.get(
    '/v1/pictures',
    {
      schema: {
        summary: 'List marked pictures, newest first',
        querystring: Type.Object({ ...PageQuery, kind: Type.Optional(Type.Enum([...MARK_KINDS])) }),
        response: { 200: PageOf(MarkedPicture), 400: ProblemAnswer },
      },
    },
    async (request) => {
      const { limit = PAGE_SIZE, cursor, kind } = request.query;
      const after = readCursor(cursor, isPlace);
      const rows = await listMarks(db, { tenantId: tenantOf(request), kind, after, limit: limit + 1 });
      return pageOf(rows, limit, { item: bodyOf, cursor: ({ at, sha256 }) => ({ at, sha256 }) });
    },
  );

  app.get(
    '/v1/pictures/:sha256',
    {
      schema: {
        summary: 'One marked picture',
        params: Params,
        response: { 200: MarkedPicture, 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request) => bodyOf(await findMark(db, tenantOf(request), bytesOf(request.params.sha256))),
  );

  app.put(
    '/v1/pictures/:sha256',
    {
      config: { audit: 'picture.put' },
      schema: {
        summary: 'Mark a picture as a placeholder, or as allowed',
        description:
          'It holds for images that are processed from now on, in all batches; those that have ended stay as they are. A tenant may mark 1,000 pictures.',
        params: Params,
        body: MarkInput,
        response: { 200: MarkedPicture, 400: ProblemAnswer, 404: ProblemAnswer, 429: ProblemAnswer },
      },
    },
    async (request) => {
      const { kind, note = '' } = request.body;
      const picture = { sha256: bytesOf(request.params.sha256), kind, note };
      const work = (trx: Db): Promise<MarkRow> => putMark(trx, tenantOf(request), picture);
      return bodyOf(await audited(request, db, work, (row) => ({ details: { kind: row.kind } })));
    },
  );

  app.delete(
    '/v1/pictures/:sha256',
    {
      config: { audit: 'picture.delete' },
      schema: {
        summary: 'Remove a mark',
        description: 'Images that failed because of it are made when they are retried.',
        params: Params,
        response: { 204: Type.Null(), 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const sha256 = bytesOf(request.params.sha256);
      await audited(request, db, (trx) => deleteMark(trx, tenantOf(request), sha256));
      return reply.code(204).send(null);
    },
  );
};

function bytesOf(sha256: string): Buffer {
  return Buffer.from(sha256, 'hex');
}

function isPlace(value: unknown): value is MarkPlace {
  const { at, sha256 } = Object(value) as Record<string, unknown>;
  return Number.isSafeInteger(at) && typeof sha256 === 'string' && IS_SHA256.test(sha256);
}

const IS_SHA256 = new RegExp(SHA256);
