import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';

// Every table has a tenant_id and every unique key begins with it, so that tenants can be told apart
// from the first row on. Images and products have no foreign keys: they are written once, by one
// function, in the transaction that writes their batch, and a million checks would cost seconds.
// States and what may go with them are CHECKs, so that a wrong transition is refused by the table.
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tenants (
      tenant_id integer primary key,
      token text not null check (token ~ '^[0-9a-f]{32}$'), -- first part of every storage key
      name text not null,
      created_at timestamptz not null default now()
    );

    create table batches (
      tenant_id integer not null references tenants,
      batch_id uuid not null,
      name text not null,
      state text not null default 'pending'
        check (state in ('pending', 'processing', 'completed', 'completed_with_errors', 'failed', 'cancelled')),
      round integer not null default 1,
      version bigint not null default 1, -- raised by every change: the ETag of the status
      preset text not null,
      recipes json not null, -- rendition specs as they were at acceptance; images.recipe is an index into it
      table_format json not null, -- delimiter, columns and their meaning, to write the same CSV again
      file_bytes bigint not null,
      file_sha256 bytea not null,
      warnings json not null default '[]',
      warning_count integer not null default 0,
      products integer not null,
      images integer not null,
      completed integer not null default 0,
      failed integer not null default 0,
      cancelled integer not null default 0,
      bytes_in bigint not null default 0,
      bytes_out bigint not null default 0,
      errors_by_code jsonb not null default '{}',
      created_at timestamptz not null default now(),
      started_at timestamptz,
      ended_at timestamptz,
      primary key (tenant_id, batch_id),
      check (completed >= 0 and failed >= 0 and cancelled >= 0),
      check (completed + failed + cancelled <= images),
      check ((state in ('pending', 'processing')) = (ended_at is null)),
      check (ended_at is null or completed + failed + cancelled = images),
      check (state <> 'completed' or completed = images),
      check (state <> 'completed_with_errors' or (completed > 0 and completed < images)),
      check (state <> 'failed' or (completed = 0 and images > 0))
    ) with (fillfactor = 50); -- counters change all the time: leave room for in-page updates
    create index batches_running on batches (tenant_id, batch_id) where ended_at is null;

    create table products (
      tenant_id integer not null,
      batch_id uuid not null,
      row_number integer not null, -- from 1, in the order of the file
      line integer not null, -- physical line in the file where the row begins, from 1
      name text not null,
      label text not null, -- SKU, else serial, else row number: for file names
      cells json not null, -- the row as it was read, to write it back
      first_slot integer not null,
      images integer not null,
      primary key (tenant_id, batch_id, row_number)
    );

    create table images (
      tenant_id integer not null,
      image_id uuid not null,
      batch_id uuid not null,
      slot integer not null, -- from 1, in the batch
      row_number integer not null,
      position integer not null, -- from 1, in the product
      url text not null,
      host text not null,
      recipe smallint not null default 0,
      lead_slot integer not null, -- slot of the first image of the batch with this URL and recipe
      state text not null default 'pending'
        check (state in ('pending', 'queued', 'processing', 'completed', 'failed', 'cancelled')),
      task_id uuid, -- the task that may end it; a lead's only
      tries smallint not null default 0,
      due_at timestamptz, -- not before this time
      hash16 text, -- its renditions
      error_code text,
      error_detail text,
      ended_at timestamptz,
      primary key (tenant_id, image_id),
      unique (tenant_id, batch_id, slot),
      check (lead_slot <= slot),
      check ((state in ('queued', 'processing')) = (task_id is not null)),
      check (due_at is null or state = 'pending'),
      check ((state = 'completed') = (hash16 is not null)),
      check ((state = 'failed') = (error_code is not null)),
      check ((state in ('completed', 'failed', 'cancelled')) = (ended_at is not null))
    ) with (fillfactor = 80);
    create index images_next on images (tenant_id, batch_id, host, slot)
      where state = 'pending' and due_at is null and slot = lead_slot;
    create index images_due on images (due_at) where due_at is not null;
    create index images_in_window on images (tenant_id, batch_id) where task_id is not null;
    create index images_by_task on images (task_id) where task_id is not null;
    create index images_following on images (tenant_id, batch_id, lead_slot) where slot <> lead_slot;
    create index images_failed on images (tenant_id, batch_id, slot) where state = 'failed';
    create index images_by_hash on images (tenant_id, hash16) where hash16 is not null; -- the references to renditions

    create table attempts ( -- tries that did not succeed
      tenant_id integer not null,
      batch_id uuid not null,
      lead_slot integer not null,
      at timestamptz not null default now(),
      code text not null,
      detail text not null
    );
    create index attempts_of_image on attempts (tenant_id, batch_id, lead_slot, at);

    create table sources ( -- what is known of the bytes behind a URL
      tenant_id integer not null,
      url_sha256 bytea not null,
      url text not null,
      final_url text not null, -- after redirects
      sha256 bytea not null,
      etag text,
      last_modified text,
      fetched_at timestamptz not null,
      primary key (tenant_id, url_sha256)
    );

    create table rendition_sets ( -- the files made from one content by one recipe
      tenant_id integer not null,
      hash16 text not null check (hash16 ~ '^[0-9a-v]{16}$'),
      source_sha256 bytea not null,
      source_format text not null,
      source_width integer not null,
      source_height integer not null,
      source_bytes bigint not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, hash16)
    );

    create table renditions (
      tenant_id integer not null,
      hash16 text not null,
      name text not null,
      ordinal smallint not null, -- order in the recipe, from 1
      format text not null,
      extension text not null,
      width integer not null,
      height integer not null,
      bytes bigint not null,
      sha256 bytea not null,
      primary key (tenant_id, hash16, name),
      foreign key (tenant_id, hash16) references rendition_sets on delete cascade
    );

    create table hosts (
      tenant_id integer not null,
      host text not null,
      held_until timestamptz,
      last_error text,
      updated_at timestamptz not null default now(),
      primary key (tenant_id, host)
    );

    create table workers ( -- one row a process that claims tasks; stale after 30 s
      tenant_id integer not null default 1,
      worker_id uuid not null,
      machine text not null,
      pid integer not null,
      version text not null,
      slots integer not null,
      started_at timestamptz not null default now(),
      seen_at timestamptz not null default now(),
      primary key (tenant_id, worker_id)
    );

    create table idempotency_keys (
      tenant_id integer not null,
      key text not null,
      request_sha256 bytea not null,
      batch_id uuid, -- null while the first request is in flight
      leased_until timestamptz not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, key)
    );

    create table inbox_sources (
      tenant_id integer not null,
      name text not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, name)
    );

    create table inbox_messages (
      tenant_id integer not null,
      source text not null,
      message_id text not null,
      received_at timestamptz not null default now(),
      times_received integer not null default 1,
      headers json not null,
      body bytea not null,
      primary key (tenant_id, source, message_id),
      foreign key (tenant_id, source) references inbox_sources (tenant_id, name)
    );
  `.execute(db);
  await sql`
    insert into tenants (tenant_id, token, name) values (1, ${randomBytes(16).toString('hex')}, 'default')`.execute(
    db,
  );
}

export const firstSchema = { up };
