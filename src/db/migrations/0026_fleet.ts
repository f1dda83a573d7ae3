import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table workers -- workers of the previous version say nothing of these
      add column in_hand integer not null default 0, -- images
      add column paused_because text[] not null default '{}';

    create table chores ( -- when each is due, see work/chore-leases.ts
      name text primary key,
      due_at timestamptz not null,
      worker_id uuid -- who leased it last
    );
  `.execute(db);
}

export const fleet = { up };
