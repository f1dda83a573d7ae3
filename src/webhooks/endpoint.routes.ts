import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { ListOf, valuesAmong } from '../http/lists.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readIdCursor } from '../http/pages.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { LAST_UUID, publicId, uuidOf } from '../ids.ts';
import type { Guard } from '../net/guard.ts';
import {
  bodyWithSecret,
  Endpoint,
  endpointBody,
  EndpointInput,
  EndpointPatch,
  EndpointWithSecret,
  OVERLAP_S,
  Rotation,
} from './endpoint.body.ts';
import { countOfEndpoints } from './delivery-counts.ts';
import {
  addEndpoint,
  changeEndpoint,
  deleteDeliveriesOf,
  deleteEndpoint,
  ENDPOINT_KINDS,
  type EndpointKey,
  type EndpointRow,
  findEndpoint,
  listEndpoints,
  rotateSecret,
} from './endpoint.queries.ts';
import { isSecret } from './signing.ts';

export type EndpointParts = { db: Db; guard: Guard; publicUrl: string };

const Params = Type.Object({ id: Type.String() });

/** Registered webhook endpoints: receivers of the events of all batches. */
export const endpointRoutes: FastifyPluginAsyncTypebox<EndpointParts> = async (app, parts) => {
  const { db, guard, publicUrl } = parts;

  app.get(
    '/v1/webhooks',
    {
      schema: {
        summary: 'List webhook endpoints, newest first',
        description: 'Also WEBHOOK_URL and the callback_url of batches, which are read-only.',
        querystring: Type.Object({
          ...PageQuery,
          kind: ListOf(ENDPOINT_KINDS.join(', ')),
          counts: Type.Optional(
            Type.Boolean({ description: 'Whether to count the deliveries of each in the last 7 days' }),
          ),
        }),
        response: { 200: PageOf(Endpoint), 400: ProblemAnswer },
      },
    },
    async (request) => {
      const { limit = PAGE_SIZE, cursor, kind, counts } = request.query;
      const tenantId = tenantOf(request);
      const before = readIdCursor(cursor, 'whe') ?? LAST_UUID;
      const rows = await listEndpoints(db, tenantId, {
        kinds: valuesAmong('kind', kind, ENDPOINT_KINDS),
        before,
        limit: limit + 1,
      });
      const ids = rows.map((row) => row.endpoint_id);
      const counted = counts ? await countOfEndpoints(db, tenantId, ids) : undefined;
      return pageOf(rows, limit, {
        item: (row) => endpointBody(row, counted?.get(row.endpoint_id)),
        cursor: (row) => publicId('whe', row.endpoint_id),
      });
    },
  );

  app.post(
    '/v1/webhooks',
    {
      config: { audit: 'webhook.create' },
      schema: {
        summary: 'Register a webhook endpoint',
        description: 'The answer has the secret, which is never shown again.',
        body: EndpointInput,
        response: { 201: EndpointWithSecret, 400: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const { url, secret, event_types: eventTypes = [], description = '', signature = 'v1' } = request.body;
      refuseUrl(guard, url);
      refuseSecret(secret);
      const isDisabled = request.body.disabled === true;
      const endpoint = {
        url,
        secret,
        description,
        eventTypes: [...new Set(eventTypes)],
        signature,
        isDisabled,
      };
      const { key, keys } = await audited(
        request,
        db,
        (trx) => addEndpoint(trx, tenantOf(request), endpoint),
        (added) => ({
          objectId: publicId('whe', added.key.endpointId),
          details: { host: new URL(url).host, event_types: eventTypes, signature },
        }),
      );
      const body = bodyWithSecret(await getEndpoint(db, key), keys);
      return reply
        .code(201)
        .header('location', `${publicUrl}/v1/webhooks/${body.id}`)
        .header('cache-control', 'no-store')
        .send(body);
    },
  );

  app.get(
    '/v1/webhooks/:id',
    {
      schema: {
        summary: 'One webhook endpoint',
        params: Params,
        response: { 200: Endpoint, 404: ProblemAnswer },
      },
    },
    async (request) => endpointBody(await getEndpoint(db, endpointKey(tenantOf(request), request.params.id))),
  );

  app.patch(
    '/v1/webhooks/:id',
    {
      config: { audit: 'webhook.change' },
      schema: {
        summary: 'Change a webhook endpoint',
        description:
          'Fields that are left out stay as they are. To enable an endpoint, or to give it another URL, forgets its failures. Deliveries that wait go to the new URL.',
        params: Params,
        body: EndpointPatch,
        response: { 200: Endpoint, 400: ProblemAnswer, 404: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request) => {
      const { url, description, event_types: eventTypes, disabled: isDisabled } = request.body;
      const key = endpointKey(tenantOf(request), request.params.id);
      refuseReadOnly(await getEndpoint(db, key));
      if (url !== undefined) refuseUrl(guard, url);
      const change = { url, description, isDisabled, eventTypes: eventTypes && [...new Set(eventTypes)] };
      await audited(
        request,
        db,
        (trx) => changeEndpoint(trx, key, change),
        () => ({
          details: { host: url && new URL(url).host, event_types: eventTypes, disabled: isDisabled },
        }),
      );
      return endpointBody(await getEndpoint(db, key));
    },
  );

  app.delete(
    '/v1/webhooks/:id',
    {
      config: { audit: 'webhook.delete' },
      schema: {
        summary: 'Delete a webhook endpoint with its deliveries',
        params: Params,
        response: { 204: Type.Null(), 404: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const key = endpointKey(tenantOf(request), request.params.id);
      refuseReadOnly(await getEndpoint(db, key));
      await deleteDeliveriesOf(db, key);
      await audited(request, db, (trx) => deleteEndpoint(trx, key));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/webhooks/:id/rotate-secret',
    {
      config: { audit: 'webhook.rotate_secret' },
      schema: {
        summary: 'Replace the secret of a webhook endpoint',
        description:
          'The answer has the new secret, which is never shown again. The old one signs along for 24 hours: each request has both signatures. The same with the keys of v1a.',
        params: Params,
        body: Rotation,
        response: { 200: EndpointWithSecret, 400: ProblemAnswer, 404: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const { secret, expires_in: expiresIn = OVERLAP_S } = request.body ?? {};
      refuseSecret(secret);
      const key = endpointKey(tenantOf(request), request.params.id);
      const { signature } = refuseReadOnly(await getEndpoint(db, key));
      const keys = await audited(
        request,
        db,
        (trx) => rotateSecret(trx, key, { signature, secret, expiresIn }),
        () => ({ details: { expires_in: expiresIn } }),
      );
      void reply.header('cache-control', 'no-store');
      return bodyWithSecret(await getEndpoint(db, key), keys);
    },
  );
};

/** @throws Problem `not_found` for a malformed id */
export function endpointKey(tenantId: number, id: string): EndpointKey {
  const endpointId = uuidOf('whe', id);
  if (endpointId === undefined) throw noSuchEndpoint(id);
  return { tenantId, endpointId };
}

/** @throws Problem `not_found` */
export async function getEndpoint(db: Db, key: EndpointKey): Promise<EndpointRow> {
  const row = await findEndpoint(db, key);
  if (!row) throw noSuchEndpoint(publicId('whe', key.endpointId));
  return row;
}

function noSuchEndpoint(id: string): Problem {
  return new Problem('not_found', { detail: `There is no webhook endpoint ${id}.` });
}

function refuseReadOnly(row: EndpointRow): EndpointRow {
  const why = {
    registered: undefined,
    configured: 'This endpoint is the setting WEBHOOK_URL. Change it there.',
    callback: 'This endpoint is the callback_url of a batch, which cannot be changed.',
  }[row.kind];
  if (why !== undefined) throw new Problem('conflict', { detail: why });
  return row;
}

function refuseUrl(guard: Guard, url: string): void {
  const checked = guard.checkReceiver(url);
  if ('refused' in checked)
    throw new Problem('bad_request', { detail: `url cannot be used: ${checked.why}.` });
}

function refuseSecret(secret: string | undefined): void {
  if (secret !== undefined && !isSecret(secret))
    throw new Problem('bad_request', { detail: 'secret must be whsec_ and 24 to 64 bytes in base64.' });
}
