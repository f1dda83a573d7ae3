import type { Command } from 'commander';
import { end } from '../end.ts';
import type { CreateKeyOptions, ListKeysOptions } from '../keys.ts';
import { withJsonErrors } from '../output.ts';
import type { LimitOptions } from '../tenant-limits.ts';

/** Who may do what: keys and tenants. */
export function addAccessCommands(program: Command): void {
  addKeys(program);
  addTenants(program);
}

function addKeys(program: Command): void {
  const keys = program.command('keys').description('create, list and revoke API keys');
  keys
    .command('create')
    .argument('<NAME>', 'what the key is for')
    .description('create an API key, and print it: it is shown this once')
    .option('--tenant <NAME>', 'whose batches it opens', 'default')
    .option('--scope <read|write|admin>', 'what it may do', 'write')
    .option('--expires <TIME>', 'for how long it is valid, such as 90d; default: until it is revoked')
    .option('--json', 'print one JSON object', false)
    .action(async (name: string, options: CreateKeyOptions) =>
      end(
        withJsonErrors(options.json, {}, async () =>
          (await import('../keys.ts')).createNewKey(name, options),
        ),
      ),
    );
  keys
    .command('list')
    .description('list keys, never the keys themselves')
    .option('--tenant <NAME>', 'only those of one tenant')
    .option('--json', 'print one JSON object', false)
    .action(async (options: ListKeysOptions) =>
      end(withJsonErrors(options.json, {}, async () => (await import('../keys.ts')).showKeys(options))),
    );
  keys
    .command('revoke')
    .argument('<ID-or-NAME>')
    .description('revoke a key: every process refuses it within 5 seconds')
    .option('--tenant <NAME>', 'whose key has this name', 'default')
    .action(async (idOrName: string, options: { tenant: string }) =>
      end((await import('../keys.ts')).revoke(idOrName, options)),
    );

  keys
    .command('reset')
    .description('delete all keys, so that a server that only this machine can reach is open again')
    .action(async () => end((await import('../keys.ts')).resetAllKeys()));
}

function addTenants(program: Command): void {
  const tenants = program.command('tenants').description('create, list and delete tenants');
  tenants
    .command('create')
    .argument('<NAME>', 'lower-case letters, digits and hyphens')
    .description('create a tenant, with batches, presets, keys and files of its own')
    .action(async (name: string) => end((await import('../tenants.ts')).createNewTenant(name)));
  tenants
    .command('list')
    .description('list tenants, with the numbers of their keys and batches')
    .option('--json', 'print one JSON object', false)
    .action(async (options: { json: boolean }) =>
      end(withJsonErrors(options.json, {}, async () => (await import('../tenants.ts')).showTenants(options))),
    );
  tenants
    .command('set')
    .argument('<NAME>')
    .description('set limits of a tenant; none takes a limit away')
    .option('--requests-per-second <N>', 'of each key; none: REQUESTS_PER_SECOND')
    .option('--batches-at-once <N>', 'batches that may run at once')
    .option('--images-per-day <N>', 'images of uploads per day, in UTC')
    .option('--stored-bytes <SIZE>', 'bytes of all renditions, such as 50GB')
    .action(async (name: string, options: LimitOptions) =>
      end((await import('../tenants.ts')).setTenantLimits(name, options)),
    );
  tenants
    .command('delete')
    .argument('<NAME>')
    .description('delete a tenant, with its batches and files')
    .option('--force', 'cancel its running batches', false)
    .action(async (name: string, options: { force: boolean }) =>
      end((await import('../tenants.ts')).removeTenant(name, options)),
    );
}
