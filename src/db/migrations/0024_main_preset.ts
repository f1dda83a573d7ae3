import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table batches
      add column main_preset text, -- of images at position 1; null: the same as of the others
      add column apparel boolean; -- whether products that do not say their category are apparel; null: unknown
  `.execute(db);
}

export const mainPreset = { up };
