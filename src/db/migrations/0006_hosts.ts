import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table hosts
      add column places float8 not null default 6 check (places >= 1), -- see hosts/visits.ts
      add column ceiling integer check (ceiling >= 1), -- an operator's; null: HOST_CONCURRENCY
      add column latency_ms float8, -- to the first byte, smoothed
      add column best_latency_ms float8,
      add column downloads_per_second float8, -- answered, smoothed
      add column seen_at timestamptz, -- when downloads last showed anything of it
      add column halved_at timestamptz,
      add column holds integer not null default 0, -- one after the other, without an answer between them
      add column connect_failures integer not null default 0, -- since the last answer
      add column parkings integer not null default 0, -- since the last answer
      add column last_code text, -- of last_error
      -- an operator's request headers, encrypted (hosts/headers.ts)
      add column secret_headers bytea,
      add column header_names text[],
      add column headers_fingerprint text,
      add constraint hosts_headers check (num_nonnulls(secret_headers, header_names, headers_fingerprint) in (0, 3)),
      set (fillfactor = 50); -- changed by every group of results

    create table host_leases ( -- places that a worker has borrowed; see hosts/places.ts
      tenant_id integer not null,
      host text not null,
      worker_id uuid not null,
      places integer not null check (places >= 0),
      wanted integer not null, -- downloads that it has, or would have
      open integer not null, -- downloads that it has
      leased_until timestamptz not null,
      primary key (tenant_id, host, worker_id)
    );
  `.execute(db);
}

export const hosts = { up };
