/**
 * Makes a program a newer version, which has a migration more: NODE_OPTIONS=--import=…/newer-version.ts?works-with=…
 * The migration is called like test/support/newer-version.ts says.
 */
import { sql } from 'kysely';
import { MIGRATIONS } from '../../src/db/migrate.ts';

const worksWith = new URL(import.meta.url).searchParams.get('works-with') ?? undefined;

MIGRATIONS['9999_newer'] = {
  async up(db) {
    await sql`alter table images add column newer text`.execute(db);
  },
  locks: ['images'],
  ...(worksWith && { worksWith }),
};
