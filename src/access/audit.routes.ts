import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Nullable } from '../http/nullable.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readIdCursor } from '../http/pages.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { timeOf } from '../http/times.ts';
import { LAST_UUID, publicId } from '../ids.ts';
import { type AuditRow, listAudit } from './audit.queries.ts';

const NullableText = Nullable(Type.String());

const Entry = Type.Object(
  {
    id: Type.String(),
    at: Type.String({ format: 'date-time' }),
    actor: Type.String({
      description:
        '`key`: a request with an API key or its session; `local`: a request without one, from the machine itself; `command_line`; `settings`: a process, from its environment',
    }),
    key: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
    action: Type.String({
      description: 'Such as `batch.create`; docs/audit.md lists all',
      examples: ['batch.create'],
    }),
    object: Type.Object({ type: Type.String(), id: NullableText }),
    request_id: NullableText,
    address: NullableText,
    status: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Of the response; 403: the key did not allow the action',
    }),
    details: Type.Record(Type.String(), Type.Unknown()),
  },
  { 'x-name': 'AuditEntry' },
);

const Query = Type.Object({
  ...PageQuery,
  action: Type.Optional(Type.String({ minLength: 1 })),
  object: Type.Optional(Type.String({ minLength: 1, description: 'Id or name of an object' })),
  key: Type.Optional(Type.String({ minLength: 1, description: 'Id of an API key' })),
  since: Type.Optional(Type.String({ format: 'date-time' })),
});

export const auditRoutes: FastifyPluginAsyncTypebox<{ db: Db }> = async (app, { db }) => {
  app.get(
    '/v1/audit',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'The audit log, newest first: which key did what to which object',
        querystring: Query,
        response: { 200: PageOf(Entry), 400: ProblemAnswer },
      },
    },
    async (request) => {
      const { limit = PAGE_SIZE, cursor, action, object, key, since } = request.query;
      const rows = await listAudit(db, {
        tenantId: tenantOf(request),
        before: readIdCursor(cursor, 'aud') ?? LAST_UUID,
        limit: limit + 1,
        action,
        objectId: object,
        keyId: key,
        since: since === undefined ? undefined : timeOf(since, 'since'),
      });
      return pageOf(rows, limit, { item: entryBody, cursor: (row) => publicId('aud', row.entry_id) });
    },
  );
};

function entryBody(row: AuditRow): Static<typeof Entry> {
  const { key_id: id, key_name: name, action } = row;
  return {
    id: publicId('aud', row.entry_id),
    at: row.at.toISOString(),
    actor: row.actor,
    key: id === null ? null : { id, name: name ?? '' },
    action,
    object: { type: action.split('.')[0] ?? '', id: row.object_id },
    request_id: row.request_id,
    address: row.address,
    status: row.status,
    details: row.details,
  };
}
