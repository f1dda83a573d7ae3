import { type Kysely, sql } from 'kysely';

// One row for each group of results of a batch, not for each image. The group has locked the row of its batch,
// so the rows of a batch commit in the order of their versions: see batches/changes.ts.
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table batch_changes (
      tenant_id integer not null,
      batch_id uuid not null,
      version bigint not null, -- of the batch, with this change
      round integer not null,
      at timestamptz not null default clock_timestamp(),
      ended integer not null, -- completed and failed images of the batch, with these
      completed int4multirange not null, -- slots of images that completed
      failed int4multirange not null,
      primary key (tenant_id, batch_id, version)
    );
    create index batch_changes_by_time on batch_changes (tenant_id, batch_id, at) include (round, ended);

    create index batches_by_state on batches (tenant_id, state, batch_id);
  `.execute(db);
}

export const live = { up };
