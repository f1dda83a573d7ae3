import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table contents ( -- what is known of the bytes of a picture, whatever is made of it
      tenant_id integer not null,
      sha256 bytea not null,
      format text not null,
      width integer not null, -- upright; until it is measured, as the file has it
      height integer not null,
      bytes bigint not null,
      look_hash bit(256), -- null: not measured, or without structure; see pipeline/decoder/measure/look-hash.ts
      measures jsonb, -- null: not measured; see pipeline/measures.ts
      measured_at timestamptz,
      primary key (tenant_id, sha256),
      check ((measures is null) = (measured_at is null)),
      check (look_hash is null or measures is not null)
    );

    alter table renditions add column measures jsonb; -- of the file itself; only where a rule was to be met

    create index rendition_sets_by_source on rendition_sets (tenant_id, source_sha256);

    -- Sources are not kept, so what was made before stays unmeasured until it is downloaded again.
    insert into contents (tenant_id, sha256, format, width, height, bytes)
    select distinct on (tenant_id, source_sha256)
      tenant_id, source_sha256, source_format, source_width, source_height, source_bytes
    from rendition_sets
    where source_sha256 <> '' -- of orphans that are being purged
    order by tenant_id, source_sha256;
  `.execute(db);
}

export const contents = { up };
