import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { Nullable } from '../http/nullable.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { findStanding, listUsageDays, type Standing, type UsageDay } from './quotas.ts';

const NullableCount = Nullable(Type.Integer());

const UsageBody = Type.Object(
  {
    limits: Type.Object(
      {
        requests_per_second: NullableCount,
        batches_at_once: NullableCount,
        images_per_day: NullableCount,
        stored_bytes: NullableCount,
      },
      { description: 'null: no limit' },
    ),
    used: Type.Object({
      batches_at_once: Type.Integer({ description: 'Batches that are running' }),
      images_per_day: Type.Integer({ description: 'Images of uploads accepted today, in UTC' }),
      stored_bytes: Type.Integer({
        description: 'Bytes of all renditions, and of pictures that were uploaded with their tables',
      }),
    }),
    resets_at: Type.String({ format: 'date-time', description: 'When `used.images_per_day` is 0 again' }),
    days: Type.Array(
      Type.Object({
        day: Type.String({ format: 'date' }),
        batches: Type.Integer(),
        images: Type.Integer(),
        upload_bytes: Type.Integer({ description: 'Bytes of the uploaded files' }),
      }),
      {
        description: 'Accepted uploads of the last 31 days in UTC, newest first, without days that had none',
      },
    ),
  },
  { 'x-name': 'Usage' },
);

export type UsageParts = {
  db: Db;
  /** for tenants without a limit of their own; 0: none */
  requestsPerSecond: number;
};

export const usageRoutes: FastifyPluginAsyncTypebox<UsageParts> = async (app, { db, requestsPerSecond }) => {
  app.get(
    '/v1/usage',
    {
      schema: {
        summary: 'The limits of the tenant, and what it uses of them',
        response: { 200: UsageBody, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request);
      const [standing, days] = await Promise.all([findStanding(db, tenantId), listUsageDays(db, tenantId)]);
      if (!standing) throw new Problem('not_found', { detail: 'The tenant was deleted.' });
      return usageBody(standing, days, requestsPerSecond);
    },
  );
};

function usageBody(
  { limits, runningBatches, imagesToday, storedBytes, resetsAt }: Standing,
  days: UsageDay[],
  requestsPerSecond: number,
): Static<typeof UsageBody> {
  return {
    limits: {
      requests_per_second: limits.requestsPerSecond ?? (requestsPerSecond || null),
      batches_at_once: limits.batchesAtOnce,
      images_per_day: limits.imagesPerDay,
      stored_bytes: limits.storedBytes,
    },
    used: { batches_at_once: runningBatches, images_per_day: imagesToday, stored_bytes: storedBytes },
    resets_at: resetsAt.toISOString(),
    days,
  };
}
