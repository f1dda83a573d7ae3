import { type Kysely, sql } from 'kysely';

// The reference deletes the rows with their batch also where the previous version deletes it; the files are orphans
// then. Their bytes count among the stored bytes of the tenant, by the trigger of renditions (0012).
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table uploaded_files ( -- pictures that came with the table of a batch, in storage: pipeline/uploaded-source.ts
      tenant_id integer not null,
      batch_id uuid not null,
      sha256 bytea not null check (length(sha256) = 32),
      hash16 text not null, -- in the key in storage, in the place of a rendition set
      bytes bigint not null,
      name text not null, -- of the file, where it came from
      created_at timestamptz not null default now(),
      primary key (tenant_id, batch_id, sha256),
      foreign key (tenant_id, batch_id) references batches on delete cascade
    );
    create unique index uploaded_files_by_key on uploaded_files (tenant_id, hash16);

    create trigger uploaded_files_added after insert on uploaded_files
      referencing new table as changed for each statement execute function count_stored_bytes();
    create trigger uploaded_files_deleted after delete on uploaded_files
      referencing old table as changed for each statement execute function count_stored_bytes();
  `.execute(db);
}

export const uploadedFiles = { up };
