import { type Kysely, sql } from 'kysely';

// Nothing refers to the tenant by a key: a deleted tenant's uploads expire like all others.
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table uploads ( -- files kept for an hour, for previews and batches; see intake/kept-uploads.ts
      tenant_id integer not null,
      upload_id uuid not null,
      name text not null default '', -- of the file; '': it is not known
      bytes bigint not null, -- while the file arrives: as announced
      sha256 bytea, -- null: the file has not arrived yet
      created_at timestamptz not null default now(),
      expires_at timestamptz not null, -- the row outlives the file by a day, to say so
      primary key (tenant_id, upload_id)
    );
    create index uploads_by_id on uploads (upload_id); -- the files are named by it alone
    create index uploads_by_expiry on uploads (expires_at);
  `.execute(db);
}

export const uploads = { up };
