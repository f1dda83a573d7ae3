import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Db } from '../../db/database.ts';
import { Problem } from '../../errors.ts';
import { acceptedCoding } from '../../http/accepted-coding.ts';
import { onceClosed } from '../../http/disconnected.ts';
import { EVENT_ID } from '../../http/patterns.ts';
import { tenantOf } from '../../http/principal.ts';
import { ProblemAnswer } from '../../http/problem.ts';
import { type BatchProgress, batchProgress } from '../batch.queries.ts';
import { etagOf, includesVersion } from '../etag.ts';
import { batchKey, noSuchBatch } from '../status.routes.ts';
import type { BatchWatcher } from './batch-watcher.ts';
import { type Cursor, eventId, readEventId } from './event-id.ts';
import { eventStream, STREAM_TIMES, type StreamTimes } from './event-stream.ts';
import { stateBytes } from './states.ts';

export type LiveParts = {
  db: Db;
  watcher: BatchWatcher;
  times?: StreamTimes;
};

const OfBatch = Type.Object({ id: Type.String() });
const Slot = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });

export const liveRoutes: FastifyPluginAsyncTypebox<LiveParts> = async (
  app,
  { db, watcher, times = STREAM_TIMES },
) => {
  app.get(
    '/v1/batches/:id/events',
    {
      schema: {
        summary: 'Progress of a batch, as server-sent events',
        description:
          'Events: `progress`, `slots`, `image` (a failure), `images_left_out`, `reset` and `done`; see docs/progress.md. The stream ends with the round of the batch.',
        params: OfBatch,
        querystring: Type.Object({
          since: Type.Optional(
            Type.String({
              pattern: EVENT_ID,
              description:
                'Continue after the event with this id, or after the states with this `Last-Event-ID`. The request header `Last-Event-ID` has precedence. Default: from now on.',
            }),
          ),
        }),
        response: {
          200: {
            description: 'Events until the batch has ended',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
          204: Type.Null({ description: 'The round with this id has ended: there is nothing more to come' }),
          404: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const key = batchKey(tenantOf(request), request.params.id);
      const batch = await batchProgress(db, key);
      if (!batch) throw noSuchBatch(request.params.id);
      const { cursor, isReset, isOver } = startOf(lastEventId(request), batch);
      reply.header('cache-control', 'no-store');
      if (isOver) return reply.code(204).send(null);
      if (request.method === 'HEAD') return sendEvents(reply, []);
      const subscription = watcher.subscribe(key, cursor);
      onceClosed(reply.raw, () => watcher.unsubscribe(subscription)); // it may have left while we asked the database
      const rules = {
        isReset,
        isStillAllowed: async () => request.principal?.isStillValid() ?? false,
        ...times,
      };
      return sendEvents(reply, eventStream(subscription, rules));
    },
  );

  app.get(
    '/v1/batches/:id/states',
    {
      schema: {
        summary: 'The states of all images, one byte for each slot',
        description:
          '0 pending, 1 processing, 2 completed, 3 failed, 4 cancelled. The header `Last-Event-ID` is for `since` of the events: what changed after these states.',
        params: OfBatch,
        querystring: Type.Object({
          from: Type.Optional(Slot),
          to: Type.Optional(Slot),
        }),
        response: {
          200: {
            description: 'The bytes, by slot',
            content: { 'application/octet-stream': { schema: Type.String({ format: 'binary' }) } },
          },
          304: Type.Null({ description: 'The version in If-None-Match is still current' }),
          404: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const key = batchKey(tenantOf(request), request.params.id);
      const batch = await batchProgress(db, key);
      if (!batch) throw noSuchBatch(request.params.id);
      const range = slotsOf(request.query, batch.images);
      reply
        .header('etag', etagOf(batch.version))
        .header('cache-control', 'no-cache')
        .header('vary', 'accept-encoding')
        .header('last-event-id', eventId(batch));
      if (includesVersion(request.headers['if-none-match'], batch.version)) return reply.code(304).send(null);
      const { state, has_ended: hasEnded } = batch;
      return sendBytes(reply, stateBytes(db, key, { ...range, state, hasEnded }), range.to - range.from + 1);
    },
  );
};

function lastEventId({
  headers,
  query,
}: FastifyRequest<{ Querystring: { since?: string } }>): string | undefined {
  return headers['last-event-id']?.toString() || query.since;
}

/** Where a stream begins. An id of another round, or none of ours, begins the round from its start. */
function startOf(
  id: string | undefined,
  { round, has_ended }: BatchProgress,
): { cursor: Cursor | undefined; isReset: boolean; isOver: boolean } {
  if (id === undefined) return { cursor: undefined, isReset: false, isOver: false };
  const cursor = readEventId(id);
  if (cursor?.round !== round) return { cursor: { round, version: 0 }, isReset: true, isOver: false };
  return { cursor, isReset: false, isOver: cursor.isDone === true && has_ended };
}

/** @throws Problem `bad_request` for slots that the batch does not have */
function slotsOf(
  { from = 1, to }: { from?: number; to?: number },
  images: number,
): { from: number; to: number } {
  const last = to ?? images;
  if ((from > images && images > 0) || last > images || last < from - 1)
    throw new Problem('bad_request', {
      detail: `There are no slots ${from} to ${last}: the batch has the slots 1 to ${images}.`,
    });
  return { from, to: last };
}

/** One event at a time: what a slow client has not read yet is not made. `x-accel-buffering`: nginx passes each on at once. */
function sendEvents(reply: FastifyReply, events: Iterable<string> | AsyncIterable<string>): FastifyReply {
  return reply
    .type('text/event-stream')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(events, { highWaterMark: 1 }));
}

function sendBytes(reply: FastifyReply, bytes: AsyncGenerator<Buffer>, length: number): FastifyReply {
  const { method, headers } = reply.request;
  const isHead = method === 'HEAD';
  const source = Readable.from(isHead ? [] : bytes, { objectMode: false });
  reply.type('application/octet-stream');
  if (!acceptedCoding(headers['accept-encoding'], ['gzip'])) {
    if (!isHead) reply.header('content-length', length);
    return reply.send(source);
  }
  reply.header('content-encoding', 'gzip');
  // Fastify reports what fails: pipeline destroys the end of the chain with the error.
  return reply.send(isHead ? source : pipeline(source, createGzip({ level: 4 }), () => {}));
}
