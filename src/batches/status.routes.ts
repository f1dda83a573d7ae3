import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { tenantOf } from '../http/principal.ts';
import { publicId, uuidOf } from '../ids.ts';
import { BATCH_STATES, type BatchKey } from './batch.ts';
import { Batch, batchBody } from './batch.body.ts';
import { batchProgress, findBatch, listBatches } from './batch.queries.ts';
import { LATEST_SLOTS } from './counters.ts';
import { LatestImage, latestOf } from './latest.ts';

const ListedBatch = Type.Object({
  ...Batch.properties,
  latest: Type.Optional(
    Type.Array(LatestImage, {
      description: 'The images that were completed last, newest first; with `latest` in the query',
    }),
  ),
});

export type StatusParts = { db: Db; publicUrl: string; filesUrl: string };

const WAIT_POLL_MS = 250;

export const statusRoutes: FastifyPluginAsyncTypebox<StatusParts> = async (
  app,
  { db, publicUrl, filesUrl },
) => {
  app.get(
    '/v1/batches',
    {
      schema: {
        summary: 'Batches, newest first',
        querystring: Type.Object({
          ...PageQuery,
          state: Type.Optional(Type.Enum([...BATCH_STATES])),
          name: Type.Optional(Type.String({ description: 'The exact name' })),
          created_after: Type.Optional(Type.String({ format: 'date-time' })),
          latest: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: LATEST_SLOTS,
              description:
                'How many of the images that were completed last to show of each batch. Default: 0',
            }),
          ),
        }),
        response: { 200: PageOf(ListedBatch) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request);
      const { limit = PAGE_SIZE, cursor, state, name, created_after, latest = 0 } = request.query;
      const before = uuidOf('bat', String(readCursor(cursor)));
      const createdAfter = created_after === undefined ? undefined : timeOf(created_after);
      const rows = await listBatches(db, { tenantId, limit: limit + 1, before, state, name, createdAfter });
      const batchIds = latest === 0 ? [] : rows.slice(0, limit).map((row) => row.batch_id);
      const shown = await latestOf(db, { tenantId, batchIds, count: latest }, { filesUrl, publicUrl });
      return pageOf(rows, limit, {
        item: (row) => ({
          ...batchBody(row, publicUrl),
          ...(latest > 0 && { latest: shown.get(row.batch_id) ?? [] }),
        }),
        cursor: (row) => publicId('bat', row.batch_id),
      });
    },
  );

  app.get(
    '/v1/batches/:id',
    {
      schema: {
        summary: 'Status of a batch',
        params: Type.Object({ id: Type.String() }),
        querystring: Type.Object({
          wait: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 60,
              description:
                'Long polling: seconds to wait for a change since the version in If-None-Match, or since now; a batch that has ended is answered at once',
            }),
          ),
        }),
        response: {
          200: Batch,
          304: Type.Null({ description: 'The version in If-None-Match is still current' }),
          404: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const key = batchKey(tenantOf(request), request.params.id);
      const seenTags = request.headers['if-none-match'];
      if (request.query.wait)
        await waitForChange(db, key, {
          etag: seenTags,
          seconds: request.query.wait,
          isOver: () => request.raw.destroyed,
        });
      const row = await findBatch(db, key);
      if (!row) throw noSuchBatch(request.params.id);
      reply.header('etag', etagOf(row.version)).header('cache-control', 'no-cache');
      if (includesVersion(seenTags, row.version)) return reply.code(304).send(null);
      return batchBody(row, publicUrl);
    },
  );
};

/** @throws Problem `not_found` for a malformed id */
export function batchKey(tenantId: number, id: string): BatchKey {
  const batchId = uuidOf('bat', id);
  if (batchId === undefined) throw noSuchBatch(id);
  return { tenantId, batchId };
}

export function noSuchBatch(id: string): Problem {
  return new Problem('not_found', { detail: `There is no batch ${id}.` });
}

/** @throws Problem `bad_request` for a leap second, which a Date cannot hold */
function timeOf(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Problem('bad_request', { detail: `There is no time ${text}.` });
  return time;
}

function etagOf(version: number): string {
  return `W/"${version}"`;
}

/** Whether If-None-Match has this version: a list of tags, compared weakly, or `*` (RFC 9110, 13.1.2). */
function includesVersion(tags: string | undefined, version: number): boolean {
  const listed = new Set((tags ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, '')));
  return listed.has('*') || listed.has(`"${version}"`);
}

/** Resolves when the version is another than that of `etag`, the batch has ended or is gone, or the time is over. */
async function waitForChange(
  db: Db,
  key: BatchKey,
  { etag, seconds, isOver }: { etag: string | undefined; seconds: number; isOver: () => boolean },
): Promise<void> {
  const first = await batchProgress(db, key);
  const seenTags = etag ?? etagOf(first?.version ?? 0);
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until && !isOver()) {
    const batch = await batchProgress(db, key);
    if (!batch || batch.has_ended || !includesVersion(seenTags, batch.version)) return;
    await sleep(WAIT_POLL_MS);
  }
}
