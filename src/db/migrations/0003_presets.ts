import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table presets ( -- one's own; the built-in ones are in the code
      tenant_id integer not null references tenants,
      name text not null,
      description text not null,
      renditions json not null, -- rendition specs with every default filled in
      updated_at timestamptz not null default now(),
      primary key (tenant_id, name)
    );

    -- see pipeline/difference-hash.ts; bit_count(a # b) tells how different two pictures look
    alter table rendition_sets add column source_difference_hash bit(64);
  `.execute(db);
}

export const presets = { up };
