/** Holds the embedded server of a folder, and says a line for each row that it has written. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { holdEmbeddedServer } from '../../src/db/embedded.ts';

const server = await holdEmbeddedServer(process.argv[2] ?? '', 'test');
const { db } = openDatabase(await server.database('shared'));
for (let written = 0; ; await sleep(20)) {
  const done = await sql`insert into written values (${process.pid}, ${written})`.execute(db).then(
    () => true,
    () => false,
  );
  if (done) process.stdout.write(`${(written += 1)}\n`);
}
