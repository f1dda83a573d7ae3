import { sql } from 'kysely';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { type DeliveryFilter, whereDeliveries } from './delivery.queries.ts';
import { DELIVERY_STATES, type DeliveryState } from './events.ts';

export type DeliveryCounts = Record<DeliveryState, number>;

const MOST_COUNTED = 10_000;
const MOST_COUNTED_OF_ONE = 1_000;

/** @param description of what is counted */
function CountsOf(description: string) {
  return Type.Optional(
    Type.Object(
      { pending: Type.Integer(), delivered: Type.Integer(), exhausted: Type.Integer() },
      { description },
    ),
  );
}

export const CountsByState = CountsOf(
  `With counts=true: how many deliveries the list has in each state, whatever \`state\` says; of the newest ${MOST_COUNTED.toLocaleString('en')}`,
);
export const LastDays = CountsOf(
  `With counts=true: its deliveries of the last 7 days by state, of the newest ${MOST_COUNTED_OF_ONE.toLocaleString('en')}`,
);

type Counted = { state: DeliveryState; deliveries: number };

function byState(rows: Counted[]): DeliveryCounts {
  const none = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as DeliveryCounts;
  return { ...none, ...Object.fromEntries(rows.map(({ state, deliveries }) => [state, deliveries])) };
}

/** Of the newest 10,000 that the filter leaves: a large log is not read whole, unless the filter leaves fewer. */
export async function countDeliveries(
  db: Db,
  tenantId: number,
  filter: Omit<DeliveryFilter, 'state' | 'before' | 'limit'>,
): Promise<DeliveryCounts> {
  const { rows } = await sql<Counted>`
    select state, count(*) as deliveries from (
      select d.state from webhook_deliveries d
      join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
      where d.tenant_id = ${tenantId} ${whereDeliveries({ ...filter, state: undefined })}
      order by d.delivery_id desc limit ${MOST_COUNTED}
    ) newest
    group by state`.execute(db);
  return byState(rows);
}

/** The deliveries of the last 7 days of some endpoints, by endpoint; of the newest 1,000 of each. */
export async function countOfEndpoints(
  db: Db,
  tenantId: number,
  endpointIds: string[],
): Promise<Map<string, DeliveryCounts>> {
  const { rows } = await sql<Counted & { endpoint_id: string }>`
    select p.endpoint_id, newest.state, count(*) as deliveries
    from unnest(${endpointIds}::uuid[]) as p (endpoint_id)
    cross join lateral (
      select d.state, d.created_at from webhook_deliveries d
      where d.tenant_id = ${tenantId} and d.endpoint_id = p.endpoint_id
      order by d.delivery_id desc limit ${MOST_COUNTED_OF_ONE}
    ) newest
    where newest.created_at > now() - interval '7 days'
    group by p.endpoint_id, newest.state`.execute(db);
  const groups = Map.groupBy(rows, (row) => row.endpoint_id);
  return new Map(endpointIds.map((id) => [id, byState(groups.get(id) ?? [])]));
}
