import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Rows of deleted tenants stay: their token finds files that are still in storage (batches/orphans.ts), and
    -- their number is never given to another tenant.
    alter table tenants
      add column deleted_at timestamptz, -- its keys are refused from then on
      add column cleared_at timestamptz; -- nothing else of it is left
    create unique index tenants_by_name on tenants (name) where deleted_at is null;

    create table api_keys (
      tenant_id integer not null references tenants,
      key_id uuid not null,
      name text not null,
      scope text not null check (scope in ('read', 'write', 'admin')),
      key_sha256 bytea not null, -- of the whole key; the key itself is stored nowhere
      prefix text not null, -- its first characters, by which people recognise it
      is_configured boolean not null default false, -- it is MINILAB_KEY
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz,
      is_replaced boolean not null default false, -- revoked because MINILAB_KEY changed, not by an operator
      last_used_at timestamptz, -- to the minute
      primary key (tenant_id, key_id),
      check (revoked_at is not null or not is_replaced)
    );
    create unique index api_keys_by_sha256 on api_keys (key_sha256); -- the tenant is found by the key
    create unique index api_keys_by_name on api_keys (tenant_id, name) where revoked_at is null;

    create table sessions ( -- of people at the web page, who signed in with a key
      session_sha256 bytea primary key, -- of the cookie; the tenant is found by it
      tenant_id integer not null,
      key_id uuid not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      foreign key (tenant_id, key_id) references api_keys on delete cascade
    );
    create index sessions_of_key on sessions (tenant_id, key_id);

    create table access ( -- one row
      id integer primary key check (id = 1),
      needs_keys boolean not null default false -- there has been a key: requests without one are refused
    );
    insert into access (id) values (1);
  `.execute(db);
}

export const access = { up };
