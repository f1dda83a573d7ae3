import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table batches -- from the beginning of a round: nothing is tried again later
      add column deadline_hours smallint not null default 24 check (deadline_hours between 1 and 168)
  `.execute(db);
}

export const deadline = { up };
