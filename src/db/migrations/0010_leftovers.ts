import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A source whose headers are others now is found by its URL alone.
    create index sources_by_url on sources (tenant_id, hashtextextended(url, 0));

    alter table purges add column found text[]; -- keys of files that no image refers to; see batches/orphans.ts

    create table storage_sweep ( -- one row: how far the search for such files has come
      id integer primary key check (id = 1),
      place text, -- where it goes on; null: a round has ended
      due_at timestamptz not null default now(), -- of the next round
      leased_until timestamptz not null default '-infinity' -- by the worker that looks at the place
    );
    insert into storage_sweep (id) values (1);
  `.execute(db);
}

export const leftovers = { up };
