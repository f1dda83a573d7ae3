import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table settings ( -- that all processes share, see settings/shared-settings.ts
      name text primary key,
      value text not null, -- of a secret: its fingerprint
      set_by text not null, -- for people
      set_at timestamptz not null default now()
    );
  `.execute(db);
}

export const settings = { up };
