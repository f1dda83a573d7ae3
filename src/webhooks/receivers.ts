import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { DEFAULT_EVENTS, END_EVENTS, type EventType } from './event-types.ts';

export type AddressedEvent = {
  tenant_id: number;
  event_id: string;
  type: EventType;
  callback_endpoint_id: string | null;
  /** the endpoint that the event is about, which does not get it */
  not_to: string | null;
};

export type Receiver = {
  tenant_id: number;
  event_id: string;
  endpoint_id: string;
  url: string;
  slow: boolean;
};

const END = sql`${sql.val([...END_EVENTS])}::text[]`;
const DEFAULT = sql`${sql.val([...DEFAULT_EVENTS])}::text[]`;

/** SQL: whether the endpoint `p` is a registered one, and gets events of this type. */
function isSubscribed(type: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`p.kind = 'registered' and p.disabled_at is null
    and (${type} = any(p.event_types) or (p.event_types = '{}' and ${type} = any(${DEFAULT})))`;
}

/** SQL: whether any registered endpoint of a tenant asked for events of this type. It reads a small index. */
export function isWanted(type: EventType, tenantId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`exists (
    select from webhook_endpoints p
    where p.tenant_id = ${tenantId} and ${isSubscribed(sql`${sql.lit(type)}::text`)})`;
}

/** SQL: whether the end of the batch `b` has a receiver. Two reads of small indexes. */
export const END_IS_WANTED = sql`(b.callback_endpoint_id is not null
  or exists (
    select from webhook_endpoints p
    where p.tenant_id = b.tenant_id and p.kind = 'configured' and p.disabled_at is null)
  or exists (
    select from webhook_endpoints p
    where p.tenant_id = b.tenant_id and p.kind = 'registered' and p.disabled_at is null
      and (p.event_types = '{}' or p.event_types && ${END})))`;

/**
 * The endpoints that get events. The end of a batch goes to its callback endpoint, or to the configured one
 * if it has none. Every event goes to the registered endpoints that asked for it. They are locked, so that none is deleted
 * before its delivery is inserted: the foreign key would undo what the event tells of.
 */
export async function receiversOf(trx: Db, events: AddressedEvent[]): Promise<Receiver[]> {
  const { rows } = await sql<Receiver>`
    with events as (
      select * from json_to_recordset(${JSON.stringify(events)}) as e
        (tenant_id integer, event_id uuid, type text, callback_endpoint_id uuid, not_to uuid)
    ),
    receivers as (
      select e.event_id, p.tenant_id, p.endpoint_id from events e
      join webhook_endpoints p on p.tenant_id = e.tenant_id and p.endpoint_id = e.callback_endpoint_id
      where e.type = any(${END}) and p.disabled_at is null
      union all
      select e.event_id, p.tenant_id, p.endpoint_id from events e
      join webhook_endpoints p on p.tenant_id = e.tenant_id and p.kind = 'configured'
      where e.type = any(${END}) and e.callback_endpoint_id is null and p.disabled_at is null
      union all
      select e.event_id, p.tenant_id, p.endpoint_id from events e
      join webhook_endpoints p on p.tenant_id = e.tenant_id and ${isSubscribed(sql`e.type`)}
      where p.endpoint_id is distinct from e.not_to
    )
    select p.tenant_id, r.event_id, p.endpoint_id, p.url, p.slow from receivers r
    join webhook_endpoints p on p.tenant_id = r.tenant_id and p.endpoint_id = r.endpoint_id
    for key share of p`.execute(trx);
  return rows;
}
