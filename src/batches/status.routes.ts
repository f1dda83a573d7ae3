import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { onceClosed } from '../http/disconnected.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readIdCursor } from '../http/pages.ts';
import { refuseRevoked, tenantOf } from '../http/principal.ts';
import { timeOf } from '../http/times.ts';
import { publicId, uuidOf } from '../ids.ts';
import { BATCH_STATES, type BatchKey, type BatchState } from './batch.ts';
import { type Activity, NO_ACTIVITY, readActivity } from './activity.queries.ts';
import { Batch, batchBody, BatchStatus } from './batch.body.ts';
import { batchProgress, type BatchRow, countBatches, findBatch, listBatches } from './batch.queries.ts';
import { LATEST_SLOTS } from './counters.ts';
import { etagOf, includesVersion } from './etag.ts';
import { latestOf } from './latest.ts';
import type { BatchWatcher } from './live/batch-watcher.ts';

const BatchPage = Type.Object(
  {
    ...PageOf(Batch).properties,
    counts_by_state: Type.Optional(
      Type.Object(Object.fromEntries(BATCH_STATES.map((state) => [state, Type.Integer({ minimum: 0 })])), {
        description: 'With counts=true: how many batches the list has in each state, whatever `state` says',
      }),
    ),
  },
  { 'x-name': 'BatchPage' },
);

export type StatusParts = {
  db: Db;
  publicUrl: string;
  filesUrl: string;
  watcher: BatchWatcher;
};

export const statusRoutes: FastifyPluginAsyncTypebox<StatusParts> = async (app, parts) => {
  const { db, publicUrl, filesUrl } = parts;

  app.get(
    '/v1/batches',
    {
      schema: {
        summary: 'Batches, newest first',
        querystring: Type.Object({
          ...PageQuery,
          state: Type.Optional(Type.Enum([...BATCH_STATES])),
          name: Type.Optional(Type.String({ description: 'The exact name' })),
          q: Type.Optional(Type.String({ description: 'A part of the name, in upper or lower case' })),
          created_after: Type.Optional(Type.String({ format: 'date-time' })),
          latest: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: LATEST_SLOTS,
              description:
                'How many of the images that were completed last to show of each batch. Default: 0',
            }),
          ),
          counts: Type.Optional(
            Type.Boolean({
              description: 'Whether to count the batches by state, on all pages and of all states',
            }),
          ),
        }),
        response: { 200: BatchPage },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request);
      const { limit = PAGE_SIZE, cursor, state, name, q, created_after, counts, latest = 0 } = request.query;
      const before = readIdCursor(cursor, 'bat');
      const createdAfter = created_after === undefined ? undefined : timeOf(created_after, 'created_after');
      const filter = { tenantId, name, q, createdAfter };
      const rows = await listBatches(db, { ...filter, limit: limit + 1, before, state });
      const batchIds = latest === 0 ? [] : rows.slice(0, limit).map((row) => row.batch_id);
      const shown = await latestOf(db, { tenantId, batchIds, count: latest }, { filesUrl, publicUrl });
      const page = pageOf(rows, limit, {
        item: (row) => ({
          ...batchBody(row, publicUrl),
          ...(latest > 0 && { latest: shown.get(row.batch_id) ?? [] }),
        }),
        cursor: (row) => publicId('bat', row.batch_id),
      });
      return counts ? { ...page, counts_by_state: byState(await countBatches(db, filter)) } : page;
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
          200: BatchStatus,
          304: Type.Null({ description: 'The version in If-None-Match is still current' }),
          404: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const key = batchKey(tenantOf(request), request.params.id);
      const seenTags = request.headers['if-none-match'];
      if (request.query.wait)
        await waitForChange(parts, { request, reply }, { key, etag: seenTags, seconds: request.query.wait });
      const row = await findBatch(db, key);
      if (!row) throw noSuchBatch(request.params.id);
      reply.header('etag', etagOf(row.version)).header('cache-control', 'no-cache');
      if (includesVersion(seenTags, row.version)) return reply.code(304).send(null);
      return { ...batchBody(row, publicUrl), ...(await activityOf(db, key, row)) };
    },
  );
};

function byState(counts: { state: BatchState; batches: number }[]): Record<string, number> {
  const all = Object.fromEntries(BATCH_STATES.map((state) => [state, 0]));
  for (const { state, batches } of counts) all[state] = batches;
  return all;
}

async function activityOf(db: Db, key: BatchKey, { ended_at }: BatchRow): Promise<Activity> {
  if (ended_at !== null) return NO_ACTIVITY;
  return (await readActivity(db, [key])).get(key.batchId) ?? NO_ACTIVITY;
}

/** @throws Problem `not_found` for a malformed id */
export function batchKey(tenantId: number, id: string): BatchKey {
  const batchId = uuidOf('bat', id);
  if (batchId === undefined) throw noSuchBatch(id);
  return { tenantId, batchId };
}

export function noSuchBatch(id: string): Problem {
  return new Problem('not_found', { detail: `There is no batch ${id}.` });
}

// A process notices within two seconds more that a key was revoked (access/keyring.ts).
const CHECK_MS = 2_500;

/** Resolves when the version is another than that of `etag`, the batch has ended or is gone, or the time is over. */
async function waitForChange(
  { db, watcher }: StatusParts,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { key, etag, seconds }: { key: BatchKey; etag: string | undefined; seconds: number },
): Promise<void> {
  const first = await batchProgress(db, key);
  const seenTags = etag ?? etagOf(first?.version ?? 0);
  const isSeen = (version: number): boolean => includesVersion(seenTags, version);
  const left = new AbortController();
  onceClosed(reply.raw, () => left.abort());
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until && !left.signal.aborted) {
    const ms = Math.min(CHECK_MS, until - Date.now());
    const isOver = await watcher.untilChanged(key, { isSeen, ms, signal: left.signal });
    await refuseRevoked(request);
    if (isOver) return;
  }
}
