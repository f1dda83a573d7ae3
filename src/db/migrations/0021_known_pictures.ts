import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table known_pictures ( -- what a tenant said of contents, also of those that are forgotten since
      tenant_id integer not null references tenants,
      sha256 bytea not null,
      look_hash bit(256), -- null: without structure, or not measured; then only the same content counts
      chroma jsonb, -- belongs to look_hash; see pipeline/same-look.ts
      kind text not null check (kind in ('placeholder', 'allowed')),
      note text not null default '',
      created_at timestamptz not null default now(),
      primary key (tenant_id, sha256),
      check ((look_hash is null) = (chroma is null))
    );

    alter table tenants add column marks_version integer not null default 0; -- raised with every change of its marks
    -- what becomes of an image that is a marked placeholder
    alter table batches add column placeholders text not null default 'fail' check (placeholders in ('fail', 'warn'));
    alter table images add column is_placeholder boolean not null default false; -- completed all the same
  `.execute(db);
}

export const knownPictures = { up };
