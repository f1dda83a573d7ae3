/**
 * The database that a run of `process` begins with. To migrate a new one takes longer than all else before the first
 * image, so there is a template, which is copied; and each run leaves a copy for the next one, which only renames it.
 */
import { createHash } from 'node:crypto';
import { openForMigration } from '../db/database.ts';
import type { EmbeddedServer } from '../db/embedded.ts';
import { MIGRATIONS, migrate } from '../db/migrate.ts';
import { migrateQueue, QUEUE_VERSION } from '../queue/queue.ts';
import { systemCode } from '../errors.ts';

const PREFIX = 'minilab_template_';
const NO_SUCH_DATABASE = '3D000';

/** Creates a database with the schema of this version and nothing else. It replaces an existing one. */
export async function migratedDatabase(server: EmbeddedServer, name: string): Promise<string> {
  await server.dropDatabase(name);
  if (await ifThere(server.renameDatabase(spareName(), name))) return server.database(name);
  if (!(await ifThere(server.freshDatabase(name, templateName())))) {
    // While another run makes the template, this one migrates its own database.
    const isMine = (await server.claim(PREFIX)) === undefined;
    if (isMine) await makeTemplate(server);
    await server.freshDatabase(name, isMine ? templateName() : undefined);
  }
  return server.database(name);
}

/** Leaves a copy of the template to the next run. */
export async function leaveSpare(server: EmbeddedServer): Promise<void> {
  const there = await server.databases(spareName());
  if (there.length === 0) await ifThere(server.freshDatabase(spareName(), templateName()));
}

/** Under another name, so that a template is always a whole one. Those of other versions are removed. */
async function makeTemplate(server: EmbeddedServer): Promise<void> {
  for (const old of await server.databases(PREFIX)) await server.dropDatabase(old);
  const unfinished = `${PREFIX}unfinished`;
  const database = openForMigration(await server.freshDatabase(unfinished));
  try {
    await migrate(database.db);
    await migrateQueue(database);
  } finally {
    await database.db.destroy();
  }
  await server.renameDatabase(unfinished, templateName());
}

/** @returns whether the database that is named was there */
async function ifThere(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (systemCode(error) !== NO_SUCH_DATABASE) throw error;
    return false;
  }
}

function templateName(): string {
  return `${PREFIX}${schemaHash()}`;
}

function spareName(): string {
  return `${templateName()}_spare`;
}

/** Of what the migrations do, not only of their names: one that is being written has its name already. */
function schemaHash(): string {
  const hash = createHash('sha256').update(QUEUE_VERSION);
  for (const [name, { up }] of Object.entries(MIGRATIONS)) hash.update(`\0${name}\0${String(up)}`);
  return hash.digest('hex').slice(0, 16);
}
