import { type Kysely, sql } from 'kysely';

// Workers of the version before sign with `secret` alone, and see a registered endpoint as they see any other.
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table webhook_endpoints
      drop constraint webhook_endpoints_kind_check,
      add constraint webhook_endpoints_kind check (kind in ('configured', 'callback', 'registered')),
      add column description text not null default '',
      add column event_types text[] not null default '{}', -- of a registered one; empty: the usual ones
      add column signature text not null default 'v1' check (signature in ('v1', 'v1a', 'both')),
      add column private_key text, -- for v1a
      add column old_secret text, -- signs along until old_until
      add column old_private_key text,
      add column old_until timestamptz,
      add column failing_since timestamptz, -- the first failure since the last success
      add column slow boolean not null default false; -- its last attempt timed out
    create index webhook_endpoints_registered on webhook_endpoints (tenant_id) where kind = 'registered';

    create index webhook_events_by_age on webhook_events (created_at);

    alter table webhook_deliveries
      add column attempts_before smallint not null default 0; -- attempts before the last redelivery: the schedule began again
    create index webhook_deliveries_of_endpoint on webhook_deliveries (tenant_id, endpoint_id, delivery_id);

    alter table webhook_attempts
      add column url text, -- where it was sent; an endpoint may move
      add column headers json, -- as sent; null: not known
      add column answer_headers json; -- the first of them

    create index inbox_messages_by_age on inbox_messages (received_at);
  `.execute(db);
}

export const webhookEndpoints = { up };
