import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { audited } from './audit.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readIdCursor } from '../http/pages.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { timeOf } from '../http/times.ts';
import { publicId, uuidOf } from '../ids.ts';
import { Key, keyBody, ScopeBody } from './key.body.ts';
import { createdKey, createKey, listKeys, revokeKey } from './key.queries.ts';
import type { Keyring } from './keyring.ts';

const Input = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    scope: ScopeBody,
    expires_at: Type.Optional(
      Type.String({ format: 'date-time', description: 'The key is refused from then on' }),
    ),
  },
  {
    additionalProperties: false,
    'x-name': 'KeyInput',
    examples: [{ name: 'Shop', scope: 'write', expires_at: '2027-11-30T00:00:00Z' }],
  },
);

const NewKey = Type.Object(
  {
    ...Key.properties,
    key: Type.String({ description: 'The key itself. It is shown only in this response' }),
  },
  { 'x-name': 'NewKey' },
);

export type KeyParts = { db: Db; keyring: Keyring };

/** The API keys of one's own tenant. */
export const keyRoutes: FastifyPluginAsyncTypebox<KeyParts> = async (app, { db, keyring }) => {
  app.get(
    '/v1/keys',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'API keys of the tenant, newest first',
        querystring: Type.Object(PageQuery),
        response: { 200: PageOf(Key), 400: ProblemAnswer },
      },
    },
    async (request) => {
      const { limit = PAGE_SIZE, cursor } = request.query;
      const before = readIdCursor(cursor, 'key');
      const rows = await listKeys(db, { tenantId: tenantOf(request), before, limit: limit + 1 });
      return pageOf(rows, limit, { item: keyBody, cursor: (row) => publicId('key', row.key_id) });
    },
  );

  app.post(
    '/v1/keys',
    {
      config: { access: 'admin', audit: 'key.create' },
      schema: {
        summary: 'Create an API key',
        description:
          'The first key of a server closes it: from then on, every request needs a key, within 5 seconds.',
        body: Input,
        response: { 201: NewKey, 400: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const { name, scope, expires_at } = request.body;
      const expires = expires_at === undefined ? undefined : timeOf(expires_at, 'expires_at', 'body');
      const wanted = { tenantId: tenantOf(request), name, scope, expires };
      const { key, row } = await audited(request, db, (trx) => createKey(trx, wanted), createdKey);
      keyring.forgetAll();
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...keyBody(row), key });
    },
  );

  app.delete(
    '/v1/keys/:id',
    {
      config: { access: 'admin', audit: 'key.revoke' },
      schema: {
        summary: 'Revoke an API key',
        description: 'Every process refuses it within 5 seconds, and its sessions end.',
        params: Type.Object({ id: Type.String() }),
        response: { 204: Type.Null(), 404: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const keyId = uuidOf('key', id);
      await audited(request, db, async (trx) => {
        if (keyId === undefined || !(await revokeKey(trx, tenantOf(request), keyId)))
          throw new Problem('not_found', { detail: `There is no key ${id}.` });
      });
      keyring.forgetAll();
      return reply.code(204).send(null);
    },
  );
};
