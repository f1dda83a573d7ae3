import { createTenant, deleteTenant, listTenants } from '../access/tenants.ts';
import { withDatabase } from './database.ts';
import { EXIT, printJson, say, table } from './output.ts';

/** `minilab tenants create NAME` */
export function createNewTenant(name: string): Promise<number> {
  return withDatabase('tenants', async (db) => {
    await createTenant(db, name);
    say(`The tenant "${name}" exists. Its first key: minilab keys create NAME --tenant ${name}`);
    return EXIT.ok;
  });
}

/** `minilab tenants list` */
export function showTenants({ json }: { json: boolean }): Promise<number> {
  return withDatabase('tenants', async (db) => {
    const tenants = await listTenants(db);
    if (json)
      printJson({ items: tenants.map((row) => ({ ...row, created_at: row.created_at.toISOString() })) });
    else {
      const rows = tenants.map(({ name, created_at, keys, batches, running }) => [
        name,
        created_at.toISOString().slice(0, 10),
        String(keys),
        String(batches),
        String(running),
      ]);
      const head = ['NAME', 'CREATED', 'KEYS', 'BATCHES', 'RUNNING'];
      process.stdout.write(`${table([head, ...rows], process.stdout)}\n`);
    }
    return EXIT.ok;
  });
}

/** `minilab tenants delete NAME` */
export function removeTenant(name: string, { force }: { force: boolean }): Promise<number> {
  return withDatabase('tenants', async (db) => {
    await deleteTenant(db, name, force);
    say(
      `The tenant "${name}" is deleted: every process refuses its keys within 5 seconds. Workers delete its batches and files now.`,
    );
    return EXIT.ok;
  });
}
