import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table purges -- who removes its files now, see batches/purge.ts
      add column lease uuid, -- of one removal; whoever has another one may not mark it as removed
      add column leased_until timestamptz,
      add column doubtful boolean not null default false; -- an earlier removal was cut off, and may still come late
  `.execute(db);
}

export const purgeLeases = { up };
