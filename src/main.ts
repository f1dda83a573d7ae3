import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { withJsonErrors, describe, EXIT, say } from './cli/output.ts';
import type { AuditOptions } from './cli/audit.ts';
import type { CheckOptions } from './cli/check.ts';
import type { CreateKeyOptions, ListKeysOptions } from './cli/keys.ts';
import type { InspectOptions } from './cli/inspect.ts';
import type { ProcessOptions } from './cli/process.ts';
import type { VerifyFlags } from './cli/verify.ts';
import { DEFAULT_NAME_TEMPLATE } from './presets/name-template.ts';
import type { LimitOptions } from './cli/tenant-limits.ts';
import { Problem } from './errors.ts';
import { DEFAULT_PRESET } from './presets/builtin.ts';
import { VERSION } from './version.ts';

// By default, V8 lets its heap grow fourfold between major collections: a worker went from 200 to 300 MB
// and back within 10,000 images. A collection every few seconds costs 10 ms (bench/memory.ts).
setFlagsFromString('--heap-growing-percent=40');

// Commands are imported when they run, so that `--help` does not wait for a database driver.
const program = new Command('minilab')
  .description('Turns a spreadsheet of products and image URLs into finished product images.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('Run with --help for all commands and options.');

const processing = program
  .command('process')
  .description('process one CSV, and write its images into a folder')
  .argument(
    '<FILE.csv>',
    'with a header such as "S. No.,Product Name,Input Image Urls"; URLs, or paths relative to it',
  )
  .option('--preset <NAME>', 'which renditions to make: a preset, or a file NAME.json', DEFAULT_PRESET)
  .option('--main-preset <NAME>', 'another preset for the image at position 1 of each product')
  .option('--out <DIR>', 'folder for the images and output.csv', 'output')
  .option('--name-template <TEMPLATE>', 'file names of the images', DEFAULT_NAME_TEMPLATE)
  .option('--deadline-hours <N>', 'how many hours images are retried, 1 to 168', '24')
  .option(
    '--fresh-for <TIME>',
    'keep downloads and renditions for later runs, and reuse downloads of this age, such as 12h',
  )
  .option('--on-invalid <reject|skip>', 'reject the file, or skip its rows with errors', 'reject')
  .option(
    '--placeholder <FILE>',
    "a supplier's sign for a missing picture: images that are or look like it fail; may be given several times",
    (file: string, files: string[]) => [...files, file],
    [],
  )
  .option('--placeholders <fail|warn>', 'whether such images fail, or are made all the same', 'fail')
  .option('--check <CHANNELS>', 'then tell what these channels say, such as google,amazon')
  .option(
    '--apparel',
    'for --check: products are apparel where google_product_category does not say it',
    false,
  )
  .option('--json', 'print one JSON object on the last line of standard output', false)
  .action(async (file: string, options: ProcessOptions) => {
    const { processFile } = await import('./cli/process.ts');
    const { NO_RESULT } = await import('./cli/process-report.ts');
    await end(withJsonErrors(options.json, NO_RESULT, () => processFile(file, options)));
  });

const auditing = program
  .command('audit')
  .description(
    "hold a CSV's images against marketplaces' rules: they are downloaded and measured, nothing is made",
  )
  .argument('<FILE.csv>')
  .requiredOption('--channel <CHANNELS>', 'such as google,amazon, your own, or a file NAME.json')
  .option('--as-of <DATE>', 'the day whose rules hold, such as 2027-01-31; default: today')
  .option('--of <source|output>', 'judge the linked files, or what a preset makes of them', 'source')
  .option('--preset <NAME>', 'with --of output: a preset, or a file NAME.json')
  .option('--rendition <NAME>', 'with --of output: which rendition; default: the first')
  .option('--apparel', 'products are apparel where google_product_category does not say it', false)
  .option('--out <FILE.csv>', 'write a line for each image: its verdict and its measures')
  .option('--on-invalid <reject|skip>', 'reject the file, or skip its rows with errors', 'reject')
  .option('--json', 'print one JSON object on the last line of standard output', false)
  .action(async (file: string, options: AuditOptions) => {
    const { audit, NO_AUDIT } = await import('./cli/audit.ts');
    await end(withJsonErrors(options.json, NO_AUDIT, () => audit(file, options)));
  });

const checking = program
  .command('check')
  .description('validate a CSV: the role of each column, every error and warning; nothing is processed')
  .argument('<FILE.csv>')
  .option('--probe <N>', 'request the first bytes of N images (up to 100)', '0')
  .option('--json', 'print one JSON object', false)
  .action(async (file: string, options: CheckOptions) => {
    const { check } = await import('./cli/check.ts');
    await end(withJsonErrors(options.json, { ok: false }, () => check(file, options)));
  });

for (const command of [processing, auditing, checking])
  command
    .option('--columns <JSON>', 'roles of columns, such as \'{"images": "Foto", "sku": "Art.-Nr."}\'')
    .option('--header-line <N>', 'line of the header, if it is not detected')
    .option('--charset <NAME>', 'encoding of a file that is not UTF-8, such as windows-1252')
    .option('--strict', 'treat warnings as errors', false);

program
  .command('serve')
  .description('start the API and a worker, on the bundled database or DATABASE_URL')
  .option('--no-worker', 'start the API only')
  .action(async (options: { worker: boolean }) => {
    const { serve } = await import('./cli/serve.ts');
    await end(serve(options));
  });

program
  .command('worker')
  .description('start a worker only, next to `serve` or on another machine with the same DATABASE_URL')
  .action(async () => {
    const { work } = await import('./cli/worker.ts');
    await end(work());
  });

program
  .command('inspect')
  .description('show what Minilab reads in one image, and what each preset makes of it')
  .argument('<FILE-or-URL>')
  .option('--as-of <DATE>', "the day whose marketplaces' rules hold, such as 2027-01-31; default: today")
  .option('--apparel', 'it is apparel, for which some rules are stricter', false)
  .option('--json', 'print one JSON object', false)
  .action(async (what: string, options: InspectOptions) => {
    const { inspect } = await import('./cli/inspect.ts');
    await end(withJsonErrors(options.json, { ok: false }, () => inspect(what, options)));
  });

program
  .command('fetch')
  .description('show one download, hop by hop; nothing is stored')
  .argument('<URL>')
  .option('--json', 'print one JSON object', false)
  .action(async (url: string, options: { json: boolean }) => {
    const { fetchUrl } = await import('./cli/fetch.ts');
    await end(withJsonErrors(options.json, { ok: false }, () => fetchUrl(url, options)));
  });

const presets = program
  .command('presets')
  .description('list presets')
  .action(async () => end((await import('./cli/presets.ts')).showPresets()));
presets
  .command('show')
  .argument('<NAME>')
  .description('print a preset as JSON, with all defaults')
  .action(async (name: string) => end((await import('./cli/presets.ts')).showPreset(name)));
presets
  .command('add')
  .argument('<FILE.json>', '{ "renditions": [{ "name": "full", "width": 1600, "height": 1600 }] }')
  .option('--name <NAME>', 'name of the preset; default: the file name')
  .description('save or replace your own preset')
  .action(async (file: string, options: { name?: string }) =>
    end((await import('./cli/presets.ts')).addPreset(file, options)),
  );
presets
  .command('remove')
  .argument('<NAME>')
  .description('remove your own preset; accepted batches keep it')
  .action(async (name: string) => end((await import('./cli/presets.ts')).removePreset(name)));

const channels = program
  .command('channels')
  .description("list channels: marketplaces' rules for pictures, and your own")
  .action(async () => end((await import('./cli/channels.ts')).showChannels()));
channels
  .command('show')
  .argument('<NAME>')
  .description('print a channel as JSON, with the source of each rule')
  .action(async (name: string) => end((await import('./cli/channels.ts')).showChannel(name)));
channels
  .command('add')
  .argument('<FILE.json>', '{ "rules": [{ "rule": "min_sides", "at_least": 800 }] }')
  .option('--name <NAME>', 'name of the channel; default: the file name')
  .description('save or replace your own channel')
  .action(async (file: string, options: { name?: string }) =>
    end((await import('./cli/channels.ts')).addChannel(file, options)),
  );
channels
  .command('remove')
  .argument('<NAME>')
  .description('remove your own channel')
  .action(async (name: string) => end((await import('./cli/channels.ts')).removeChannel(name)));

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
        (await import('./cli/keys.ts')).createNewKey(name, options),
      ),
    ),
  );
keys
  .command('list')
  .description('list keys, never the keys themselves')
  .option('--tenant <NAME>', 'only those of one tenant')
  .option('--json', 'print one JSON object', false)
  .action(async (options: ListKeysOptions) =>
    end(withJsonErrors(options.json, {}, async () => (await import('./cli/keys.ts')).showKeys(options))),
  );
keys
  .command('revoke')
  .argument('<ID-or-NAME>')
  .description('revoke a key: every process refuses it within 5 seconds')
  .option('--tenant <NAME>', 'whose key has this name', 'default')
  .action(async (idOrName: string, options: { tenant: string }) =>
    end((await import('./cli/keys.ts')).revoke(idOrName, options)),
  );

keys
  .command('reset')
  .description('delete all keys, so that a server that only this machine can reach is open again')
  .action(async () => end((await import('./cli/keys.ts')).resetAllKeys()));

const tenants = program.command('tenants').description('create, list and delete tenants');
tenants
  .command('create')
  .argument('<NAME>', 'lower-case letters, digits and hyphens')
  .description('create a tenant, with batches, presets, keys and files of its own')
  .action(async (name: string) => end((await import('./cli/tenants.ts')).createNewTenant(name)));
tenants
  .command('list')
  .description('list tenants, with the numbers of their keys and batches')
  .option('--json', 'print one JSON object', false)
  .action(async (options: { json: boolean }) =>
    end(
      withJsonErrors(options.json, {}, async () => (await import('./cli/tenants.ts')).showTenants(options)),
    ),
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
    end((await import('./cli/tenants.ts')).setTenantLimits(name, options)),
  );
tenants
  .command('delete')
  .argument('<NAME>')
  .description('delete a tenant, with its batches and files')
  .option('--force', 'cancel its running batches', false)
  .action(async (name: string, options: { force: boolean }) =>
    end((await import('./cli/tenants.ts')).removeTenant(name, options)),
  );

const settings = program
  .command('settings')
  .description('show the settings that all processes of the database share')
  .option('--json', 'print one JSON object', false)
  .action(async (options: { json: boolean }) =>
    end(
      withJsonErrors(options.json, {}, async () => (await import('./cli/settings.ts')).showSettings(options)),
    ),
  );
settings
  .command('set')
  .argument('<NAME>')
  .argument('[VALUE]', 'default: what the environment has; of secrets, always')
  .description('set a shared setting: running processes see it within 5 seconds')
  .action(async (name: string, value: string | undefined) =>
    end((await import('./cli/settings.ts')).setSetting(name, value)),
  );
settings
  .command('unset')
  .argument('<NAME>')
  .description('share a setting no longer')
  .action(async (name: string) => end((await import('./cli/settings.ts')).unsetSetting(name)));

program
  .command('migrate')
  .description('migrate the database schema to this version')
  .action(async () => {
    const { migrateSchema } = await import('./cli/migrate.ts');
    await end(migrateSchema());
  });

program
  .command('sweep-storage')
  .description('remove orphans: files that no image refers to; workers do this once a day')
  .option('--older-than <DURATION>', 'younger files may belong to images in progress', '48h')
  .action(async (options: { olderThan: string }) => {
    const { sweepNow } = await import('./cli/sweep-storage.ts');
    await end(sweepNow(options));
  });

program
  .command('verify')
  .description('compare the storage with the database: missing, damaged and orphaned files')
  .option('--sample <PERCENT>', 'compare the SHA-256 of this part of the files, such as 1%', '100%')
  .option('--deep', 'read the files for it; without it, only a bucket knows an SHA-256', false)
  .option('--forget', 'delete sets with missing or damaged files: the next run makes them again', false)
  .option('--older-than <DURATION>', 'younger files without a row are no orphans', '48h')
  .option('--json', 'print one JSON object for each finding, and one with the counts', false)
  .action(async (options: VerifyFlags) => {
    const { NOT_VERIFIED, verify } = await import('./cli/verify.ts');
    await end(withJsonErrors(options.json, NOT_VERIFIED, () => verify(options)));
  });

program
  .command('copy-storage')
  .description('copy all files into another storage, while workers go on; again, it copies what is missing')
  .argument('<FROM>', 'a URL as in STORAGE_URL: file:///srv/files or s3://bucket/prefix; or a folder')
  .argument('<TO>')
  .action(async (from: string, to: string) => {
    const { copyFiles } = await import('./cli/copy-storage.ts');
    await end(copyFiles(from, to));
  });

program
  .command('doctor')
  .description('check the set-up, and report what is wrong')
  .action(async () => {
    const { doctor } = await import('./cli/doctor.ts');
    await end(doctor());
  });

async function end(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.invalidInput;
  else {
    say(describe(error));
    process.exitCode =
      error instanceof Problem && error.code === 'csv_invalid' ? EXIT.invalidInput : EXIT.trouble;
  }
}
// Anything still open, such as a pooled connection that is closing, must not keep the process alive.
setTimeout(() => process.exit(), 1_000).unref();
