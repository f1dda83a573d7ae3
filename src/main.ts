import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { addAccessCommands } from './cli/commands/access.ts';
import { addSettingsCommands } from './cli/commands/settings.ts';
import { addStorageCommands } from './cli/commands/storage.ts';
import { end, exitCodeOf } from './cli/end.ts';
import { withJsonErrors, describe, say } from './cli/output.ts';
import type { AuditOptions } from './cli/audit.ts';
import type { CheckOptions } from './cli/check.ts';
import type { InspectOptions } from './cli/inspect.ts';
import type { ProcessOptions } from './cli/process.ts';
import { DEFAULT_NAME_TEMPLATE } from './presets/name-template.ts';
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
  .option(
    '--output <NAME>',
    'also write the table there, as NAME.xlsx or NAME.ndjson; default: output.xlsx for a workbook',
  )
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
    const begun = await (await import('./cli/head-start.ts')).beginRun();
    const { processFile } = await import('./cli/process.ts');
    const { NO_RESULT } = await import('./cli/process-report.ts');
    await end(withJsonErrors(options.json, NO_RESULT, () => processFile(file, options, begun)));
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
    const begun = await (await import('./cli/head-start.ts')).beginRun();
    const { audit, NO_AUDIT } = await import('./cli/audit.ts');
    await end(withJsonErrors(options.json, NO_AUDIT, () => audit(file, options, begun)));
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
    .option('--sheet <NAME>', 'of a workbook: the name or number of the sheet, if several have images')
    .option(
      '--picture-names <auto|sku-number|sku>',
      'of a ZIP of pictures alone: whether digits at the end of their names are numbers of pictures, or of the SKU',
    )
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

addAccessCommands(program);

addSettingsCommands(program);

program
  .command('migrate')
  .description('migrate the database schema to this version')
  .action(async () => {
    const { migrateSchema } = await import('./cli/migrate.ts');
    await end(migrateSchema());
  });

addStorageCommands(program);

program
  .command('doctor')
  .description('check the set-up, and report what is wrong')
  .action(async () => {
    const { doctor } = await import('./cli/doctor.ts');
    await end(doctor());
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) say(describe(error)); // it has said its own
  process.exitCode = exitCodeOf(error);
}
// Anything still open, such as a pooled connection that is closing, must not keep the process alive.
setTimeout(() => process.exit(), 1_000).unref();
