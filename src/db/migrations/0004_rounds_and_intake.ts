import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A retry begins another round: its speed and its deadline count from then.
    alter table batches
      add column began_at timestamptz not null default now(), -- of the round
      add column ended_before integer not null default 0 check (ended_before >= 0), -- images that had ended then
      -- rows with errors that on_invalid=skip kept, and the first of their errors
      add column rejected_rows integer not null default 0 check (rejected_rows >= 0),
      add column row_errors json not null default '[]',
      add column row_error_count integer not null default 0,
      add column name_template text; -- of the file names in output URLs and in the ZIP
    update batches set began_at = created_at;

    -- A rejected row without an image fails its batch too.
    alter table batches
      drop constraint batches_check4, drop constraint batches_check5, drop constraint batches_check6,
      add constraint batches_completed check (state <> 'completed' or (completed = images and rejected_rows = 0)),
      add constraint batches_completed_with_errors check (state <> 'completed_with_errors'
        or (completed > 0 and (completed < images or rejected_rows > 0))),
      add constraint batches_failed check (state <> 'failed' or (completed = 0 and (images > 0 or rejected_rows > 0)));

    -- Several columns may hold image URLs.
    update batches
    set table_format = jsonb_set(table_format::jsonb, '{columns,images}', jsonb_build_array(table_format::jsonb #> '{columns,images}'));

    alter table products
      add column sku text, -- SKU, else handle, else id; null where the row has none of them
      add column flaws json; -- why on_invalid=skip rejected the row
    create index products_rejected on products (tenant_id, batch_id, row_number) where flaws is not null;
    create index products_by_sku on products (tenant_id, sku) where sku is not null;
    create index images_by_url on images (tenant_id, hashtextextended(url, 0)); -- a URL of 2,000 characters is no key

    alter table rendition_sets add column made_by json; -- versions: {"minilab", "sharp", "libvips"}

    alter table idempotency_keys
      alter column request_sha256 drop not null, -- known when the whole request has arrived
      add column holder uuid, -- the request that has the lease
      add column answer json; -- of the first request: status, location and body
    create index idempotency_keys_by_age on idempotency_keys (created_at);

    create table purges ( -- sets of files that a deleted batch referred to; see batches/purge.ts
      tenant_id integer not null,
      hash16 text not null,
      state text not null default 'asked' check (state in ('asked', 'removing', 'removed')),
      asked_at timestamptz not null default now(),
      keys text[], -- of the files that are being removed
      removed_at timestamptz, -- when the files were gone
      primary key (tenant_id, hash16),
      check ((state = 'removing') = (keys is not null)),
      check ((state = 'removed') = (removed_at is not null))
    );
    create index purges_open on purges (state, asked_at) where state <> 'removed';
    create index purges_removed on purges (removed_at) where state = 'removed';
  `.execute(db);
}

export const roundsAndIntake = { up };
