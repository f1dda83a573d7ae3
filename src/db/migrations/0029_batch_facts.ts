import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table batch_facts ( -- what contents says of the images of a batch, once more: see pipeline/content-page.ts
      tenant_id integer not null,
      batch_id uuid not null,
      page integer not null, -- of 1,000 slots, from 0
      facts text not null,
      primary key (tenant_id, batch_id, page)
    );
  `.execute(db);
}

export const batchFacts = { up };
