import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index sources_by_url on sources using hash (url); -- whatever headers it was fetched with; a btree refuses long ones

    alter table purges add column found text[]; -- keys of files that were found without an image; see storage-sweep.ts

    create table storage_sweep ( -- one row: how far the search for files without an image has come
      id integer primary key check (id = 1),
      place text, -- it goes on from here; null: from the beginning
      began_at timestamptz not null default '-infinity', -- of the last round
      leased_until timestamptz not null default '-infinity'
    );
    insert into storage_sweep (id) values (1);
  `.execute(db);
}

export const leftovers = { up };
