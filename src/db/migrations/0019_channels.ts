import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table channels ( -- one's own; the built-in ones are in the code
      tenant_id integer not null references tenants,
      name text not null,
      title text not null,
      rules json not null, -- see channels/rule.ts, read by channels/stored.ts
      updated_at timestamptz not null default now(),
      primary key (tenant_id, name)
    );
  `.execute(db);
}

export const channels = { up };
