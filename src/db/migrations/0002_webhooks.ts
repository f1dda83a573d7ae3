import { type Kysely, sql } from 'kysely';

// Words of the Standard Webhooks specification. An event's body is kept as it is sent, byte for byte,
// because every attempt signs it again.
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table webhook_endpoints (
      tenant_id integer not null,
      endpoint_id uuid not null,
      kind text not null check (kind in ('configured', 'callback')), -- WEBHOOK_URL, or a batch's callback_url
      url text not null,
      secret text not null,
      disabled_at timestamptz,
      disabled_because text,
      created_at timestamptz not null default now(),
      primary key (tenant_id, endpoint_id),
      check ((disabled_at is null) = (disabled_because is null))
    );
    create unique index webhook_endpoints_configured on webhook_endpoints (tenant_id, kind) where kind = 'configured';

    create table webhook_events (
      tenant_id integer not null,
      event_id uuid not null,
      type text not null,
      batch_id uuid,
      body text not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, event_id)
    );
    create index webhook_events_of_batch on webhook_events (tenant_id, batch_id, event_id) where batch_id is not null;

    create table webhook_deliveries (
      tenant_id integer not null,
      delivery_id uuid not null,
      event_id uuid not null,
      endpoint_id uuid not null,
      state text not null default 'pending' check (state in ('pending', 'delivered', 'exhausted')),
      attempts smallint not null default 0,
      last_status integer, -- HTTP status of the last attempt; null where there was no answer
      next_attempt_at timestamptz,
      created_at timestamptz not null default now(),
      ended_at timestamptz,
      primary key (tenant_id, delivery_id),
      unique (tenant_id, event_id, endpoint_id),
      foreign key (tenant_id, event_id) references webhook_events on delete cascade,
      foreign key (tenant_id, endpoint_id) references webhook_endpoints on delete cascade,
      check ((state = 'pending') = (next_attempt_at is not null)),
      check ((state = 'pending') = (ended_at is null))
    );
    create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where state = 'pending';

    create table webhook_attempts (
      tenant_id integer not null,
      delivery_id uuid not null,
      attempt smallint not null, -- from 1
      at timestamptz not null default now(),
      status integer,
      error text,
      duration_ms integer not null,
      answer text not null, -- its beginning
      primary key (tenant_id, delivery_id, attempt),
      foreign key (tenant_id, delivery_id) references webhook_deliveries on delete cascade
    );

    alter table batches add column callback_endpoint_id uuid;
  `.execute(db);
}

export const webhooks = { up };
