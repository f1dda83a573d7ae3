import type { Logger } from 'pino';
import { sentenceOn } from '../db/coexistence.ts';
import type { Db } from '../db/database.ts';
import { newerSchema } from '../db/migrate.ts';
import type { Pump } from '../queue/pump.ts';
import type { Chore } from './repeat.ts';

/** The key of the pause. */
export const SCHEMA = 'schema';

const LOOK_EVERY_MS = 5_000;

/** Pauses pumps when a newer version has migrated the database so that this one must not work any more. What is in hand is finished. */
export function schemaChore(pumps: readonly Pick<Pump, 'pause'>[], db: Db, log: Logger): Chore {
  let logged: string | undefined;
  return {
    name: 'check schema',
    everyMs: LOOK_EVERY_MS,
    async run() {
      const newer = await newerSchema(db);
      for (const pump of pumps) pump.pause(SCHEMA, newer && !newer.mayWork ? sentenceOn(newer) : undefined);
      if (newer?.mayWork && newer.migration !== logged) log.info(sentenceOn(newer));
      logged = newer?.migration;
    },
  };
}
