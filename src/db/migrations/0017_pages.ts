import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table batches
      add column latest_slots integer[], -- completed last, newest first; null: none since this column exists
      add column planned_retries json; -- filters of the retry that begins when the round ends; null: none
    create index batches_to_retry on batches (tenant_id, batch_id) where planned_retries is not null;

    alter table rendition_sets -- how long each step took; null: an older version did not measure it
      add column waited_ms integer,
      add column download_ms integer,
      add column make_ms integer,
      add column store_ms integer;

    alter table attempts add column http_status smallint; -- of the answer that made the try fail
  `.execute(db);
}

export const pages = { up };
