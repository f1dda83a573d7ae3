import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table stalls ( -- images that were in hand when a process stood still and was ended; see queue/watchdog.ts
      tenant_id integer not null,
      batch_id uuid not null,
      slot integer not null, -- a lead's
      at timestamptz not null default now()
    );
    create index stalls_of_image on stalls (tenant_id, batch_id, slot);

    alter table batches add column file_name text; -- as the upload called it; null: it did not
  `.execute(db);
}

export const stallsAndFileNames = { up };
