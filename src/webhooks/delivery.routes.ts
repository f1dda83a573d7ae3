import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { wrongParameter } from '../http/flaws.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readIdCursor } from '../http/pages.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { timeOf } from '../http/times.ts';
import { type IdPrefix, LAST_UUID, publicId, uuidOf } from '../ids.ts';
import type { Queue } from '../queue/queue.ts';
import { countDeliveries, CountsByState } from './delivery-counts.ts';
import { Delivery, deliveryBody, DeliveryDetail, deliveryDetail } from './delivery.body.ts';
import {
  type DeliveryFilter,
  type DeliveryKey,
  findDelivery,
  listAttemptsOf,
  listDeliveries,
} from './delivery.queries.ts';
import type { EndpointRow } from './endpoint.queries.ts';
import { endpointKey, getEndpoint } from './endpoint.routes.ts';
import { EVENT_TYPES } from './event-types.ts';
import { DELIVERY_STATES } from './events.ts';
import { redeliver, replay } from './redeliver.ts';
import { sendTest } from './send-test.ts';

export type DeliveryParts = { db: Db; queue: Queue; publicUrl: string };

const Params = Type.Object({ id: Type.String() });
const FilterQuery = {
  ...PageQuery,
  counts: Type.Optional(
    Type.Boolean({ description: 'Whether to count the deliveries by state, on all pages and of all states' }),
  ),
  state: Type.Optional(Type.Enum([...DELIVERY_STATES])),
  type: Type.Optional(Type.Enum([...EVENT_TYPES], { description: 'Type of the event' })),
  batch: Type.Optional(Type.String({ maxLength: 40, description: 'Only events of this batch' })),
};
const AllFilterQuery = Type.Object({
  ...FilterQuery,
  endpoint: Type.Optional(Type.String({ maxLength: 40, description: 'Only deliveries to this endpoint' })),
});

const DeliveryPage = Type.Object(
  { ...PageOf(Delivery).properties, counts_by_state: CountsByState },
  { 'x-name': 'DeliveryPage' },
);

/** The log of deliveries, and what sends them again. */
export const deliveryRoutes: FastifyPluginAsyncTypebox<DeliveryParts> = async (app, parts) => {
  const { db, queue, publicUrl } = parts;

  async function page(tenantId: number, query: Static<typeof AllFilterQuery>) {
    const { limit = PAGE_SIZE } = query;
    const filter = filterOf(query, limit + 1);
    const rows = await listDeliveries(db, tenantId, filter);
    return {
      ...pageOf(rows, limit, { item: deliveryBody, cursor: (row) => publicId('dlv', row.delivery_id) }),
      ...(query.counts && { counts_by_state: await countDeliveries(db, tenantId, filter) }),
    };
  }

  async function shown(key: DeliveryKey) {
    const row = await findDelivery(db, key);
    if (!row) throw noSuchDelivery(publicId('dlv', key.deliveryId));
    return row;
  }

  /** Answers with a delivery that is under way, and where its result will be. */
  async function accepted(reply: FastifyReply, key: DeliveryKey): Promise<Static<typeof Delivery>> {
    const body = deliveryBody(await shown(key));
    void reply.code(202).header('location', `${publicUrl}/v1/deliveries/${body.id}`);
    return body;
  }

  app.get(
    '/v1/deliveries',
    {
      schema: {
        summary: 'List deliveries to all webhook endpoints, newest first',
        querystring: AllFilterQuery,
        response: { 200: DeliveryPage, 400: ProblemAnswer },
      },
    },
    async (request) => page(tenantOf(request), request.query),
  );

  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      schema: {
        summary: 'List deliveries to a webhook endpoint, newest first',
        params: Params,
        querystring: Type.Object(FilterQuery),
        response: { 200: DeliveryPage, 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const key = endpointKey(tenantOf(request), request.params.id);
      await getEndpoint(db, key);
      return page(key.tenantId, { ...request.query, endpoint: publicId('whe', key.endpointId) });
    },
  );

  app.get(
    '/v1/deliveries/:id',
    {
      schema: {
        summary: 'One delivery with its body and every attempt',
        params: Params,
        response: { 200: DeliveryDetail, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const key = deliveryKey(tenantOf(request), request.params.id);
      return deliveryDetail(await shown(key), await listAttemptsOf(db, key));
    },
  );

  app.post(
    '/v1/deliveries/:id/redeliver',
    {
      config: { audit: 'delivery.redeliver' },
      schema: {
        operationId: 'redeliver',
        summary: 'Send a delivery again',
        description:
          "Now, with the same id and body, to today's URL and signed with today's secret, whatever its state. If it fails, the schedule of retries begins again. Of a delivery that waits for its next attempt, that attempt is made now.",
        params: Params,
        response: { 202: Delivery, 404: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const key = deliveryKey(tenantOf(request), request.params.id);
      const { endpoint_id: endpointId } = await shown(key);
      refuseDisabled(await getEndpoint(db, { tenantId: key.tenantId, endpointId }));
      await audited(request, db, (trx) => redeliver(trx, queue, key));
      return accepted(reply, key);
    },
  );

  app.post(
    '/v1/webhooks/:id/replay',
    {
      config: { audit: 'webhook.replay' },
      schema: {
        summary: 'Send the failed deliveries of a webhook endpoint again',
        description:
          'Those that were given up or wait after a failed attempt, created at `since` or later; at most 10,000 at a time. Deliveries that are due already are not sent twice.',
        params: Params,
        querystring: Type.Object({ since: Type.String({ format: 'date-time' }) }),
        response: {
          202: Type.Object({
            count: Type.Integer({ description: 'How many deliveries are sent again' }),
            has_more: Type.Boolean({ description: 'Whether to call this again' }),
          }),
          400: ProblemAnswer,
          404: ProblemAnswer,
          409: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const key = endpointKey(tenantOf(request), request.params.id);
      refuseDisabled(await getEndpoint(db, key));
      const since = timeOf(request.query.since, 'since');
      const { count, hasMore } = await replay(db, queue, { ...key, since });
      return reply.code(202).send({ count, has_more: hasMore });
    },
  );

  app.post(
    '/v1/webhooks/:id/test',
    {
      config: { audit: 'webhook.test' },
      schema: {
        summary: 'Send a webhook.test event to an endpoint',
        description: 'Like any other event, with retries. `GET /v1/deliveries/{id}` shows how it went.',
        params: Params,
        response: { 202: Delivery, 404: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const key = endpointKey(tenantOf(request), request.params.id);
      const endpoint = refuseDisabled(await getEndpoint(db, key));
      const test = { tenantId: key.tenantId, endpoint };
      const deliveryId = await audited(request, db, (trx) => sendTest(trx, queue, test));
      return accepted(reply, { tenantId: key.tenantId, deliveryId });
    },
  );
};

function filterOf(query: Static<typeof AllFilterQuery>, limit: number): DeliveryFilter {
  return {
    endpointId: given('whe', 'endpoint', query.endpoint),
    batchId: given('bat', 'batch', query.batch),
    state: query.state,
    type: query.type,
    before: readIdCursor(query.cursor, 'dlv') ?? LAST_UUID,
    limit,
  };
}

/** @throws Problem `bad_request` for a malformed id */
function given(prefix: IdPrefix, name: string, id: string | undefined): string | undefined {
  const uuid = id === undefined ? undefined : uuidOf(prefix, id);
  if (id !== undefined && uuid === undefined)
    throw wrongParameter(name, `It must be an id such as ${prefix}_….`);
  return uuid;
}

/** @throws Problem `not_found` for a malformed id */
function deliveryKey(tenantId: number, id: string): DeliveryKey {
  const deliveryId = uuidOf('dlv', id);
  if (deliveryId === undefined) throw noSuchDelivery(id);
  return { tenantId, deliveryId };
}

function noSuchDelivery(id: string): Problem {
  return new Problem('not_found', { detail: `There is no delivery ${id}.` });
}

/** A callback endpoint that answered 410 cannot be enabled, so its deliveries may be sent again all the same. */
function refuseDisabled(row: EndpointRow): EndpointRow {
  if (row.disabled_at === null || row.kind === 'callback') return row;
  const first = row.kind === 'configured' ? 'Set it first' : 'Enable it first';
  throw new Problem('conflict', {
    detail: `The endpoint is disabled (${row.disabled_because}). ${first}.`,
  });
}
