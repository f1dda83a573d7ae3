import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table batch_looks ( -- groups of images that show the same, found when a round has ended: see work/looks/
      tenant_id integer not null,
      batch_id uuid not null,
      round integer not null, -- only those of batches.looks_round are shown
      look integer not null, -- from 1, biggest first
      kind text not null check (kind in ('twice', 'shared', 'variants', 'placeholder')), -- without marks
      is_variants boolean not null, -- what it is if it is no placeholder
      sha256 bytea not null, -- the most frequent content
      look_hash bit(256), -- of it, as chroma
      chroma real[],
      images integer not null,
      products integer not null,
      contents integer not null,
      distance smallint not null, -- of the content that is furthest from the most frequent one
      reason text, -- why it may be a placeholder
      host text, -- of all its URLs; null: several, or none
      example integer not null, -- a slot with the most frequent content
      slots integer[] not null, -- ascending
      primary key (tenant_id, batch_id, round, look)
    );

    alter table batches
      add column looks_round integer, -- whose groups are known
      add column looks_claimed_at timestamptz; -- when a worker began to look for them

    create index batches_without_looks on batches (batch_id)
      where ended_at is not null and looks_round is distinct from round;
  `.execute(db);
}

export const looks = { up };
