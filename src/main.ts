import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { answering, describe, EXIT, say } from './cli/output.ts';
import type { CheckOptions } from './cli/check.ts';
import type { ProcessOptions } from './cli/process.ts';
import { DEFAULT_NAME_TEMPLATE } from './presets/name-template.ts';
import { Problem } from './errors.ts';
import { DEFAULT_PRESET } from './presets/builtin.ts';
import { VERSION } from './version.ts';

// Left alone, V8 lets its heap grow fourfold between major collections: a worker went from 200 to 300 MB
// in 10,000 images and back. A collection every few seconds costs 10 ms (bench/memory.ts).
setFlagsFromString('--heap-growing-percent=40');

// Each command is loaded when it is called: `--help` must not wait for a database driver and an image library.
const program = new Command('minilab')
  .description('Turns a spreadsheet of products and image URLs into finished product images.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('Run with --help to see what there is.');

const processing = program
  .command('process')
  .description('make the images of one CSV, here and now, into a folder')
  .argument(
    '<FILE.csv>',
    'header such as "S. No.,Product Name,Input Image Urls"; URLs, or paths below its folder',
  )
  .option(
    '--preset <NAME>',
    'which renditions to make: the name of a preset, or a file NAME.json',
    DEFAULT_PRESET,
  )
  .option('--out <DIR>', 'where the images and output.csv go', 'output')
  .option('--name-template <TEMPLATE>', 'names of the images', DEFAULT_NAME_TEMPLATE)
  .option('--deadline-hours <N>', 'for how long images are tried again, 1 to 168', '24')
  .option(
    '--fresh-for <TIME>',
    'keep what is fetched and made for later runs, and do not ask again for sources of this age, such as 12h',
  )
  .option('--on-invalid <reject|skip>', 'what to do about rows with errors', 'reject')
  .option('--json', 'print one JSON object on the last line of standard output', false)
  .action(async (file: string, options: ProcessOptions) => {
    const { processFile } = await import('./cli/process.ts');
    const { NO_RESULT } = await import('./cli/process-report.ts');
    await end(answering(options.json, NO_RESULT, () => processFile(file, options)));
  });

const checking = program
  .command('check')
  .description('what a CSV would be taken for, and everything that is wrong with it; nothing is downloaded')
  .argument('<FILE.csv>')
  .option('--probe <N>', 'ask for the first bytes of N images, host by host (100 at the most)', '0')
  .option('--json', 'print one JSON object', false)
  .action(async (file: string, options: CheckOptions) => {
    const { check } = await import('./cli/check.ts');
    await end(answering(options.json, { ok: false }, () => check(file, options)));
  });

for (const command of [processing, checking])
  command
    .option('--columns <JSON>', 'which column holds what, such as \'{"images": "Foto", "sku": "Art.-Nr."}\'')
    .option('--header-line <N>', 'the line of the file where its header stands, if it is not found by itself')
    .option('--charset <NAME>', 'encoding of a file that is not UTF-8, such as windows-1252')
    .option('--strict', 'warnings are errors', false);

program
  .command('serve')
  .description('the API and a worker, on the embedded database or DATABASE_URL')
  .option('--no-worker', 'the API alone')
  .action(async (options: { worker: boolean }) => {
    const { serve } = await import('./cli/serve.ts');
    await end(serve(options));
  });

program
  .command('worker')
  .description('a worker alone, beside `serve` or on another machine with the same DATABASE_URL')
  .action(async () => {
    const { work } = await import('./cli/worker.ts');
    await end(work());
  });

program
  .command('inspect')
  .description('what Minilab sees in one image, and what each preset would make of it')
  .argument('<FILE-or-URL>')
  .option('--json', 'print one JSON object', false)
  .action(async (what: string, options: { json: boolean }) => {
    const { inspect } = await import('./cli/inspect.ts');
    await end(answering(options.json, { ok: false }, () => inspect(what, options)));
  });

program
  .command('fetch')
  .description('one download, hop by hop, and what came of it; nothing is stored')
  .argument('<URL>')
  .option('--json', 'print one JSON object', false)
  .action(async (url: string, options: { json: boolean }) => {
    const { fetchUrl } = await import('./cli/fetch.ts');
    await end(answering(options.json, { ok: false }, () => fetchUrl(url, options)));
  });

const presets = program
  .command('presets')
  .description('list the presets; `presets show NAME` prints one as JSON')
  .action(async () => end((await import('./cli/presets.ts')).showPresets()));
presets
  .command('show')
  .argument('<NAME>')
  .description('print a preset as JSON, with every default')
  .action(async (name: string) => end((await import('./cli/presets.ts')).showPreset(name)));
presets
  .command('add')
  .argument('<FILE.json>', '{ "renditions": [{ "name": "full", "width": 1600, "height": 1600 }] }')
  .option('--name <NAME>', "the preset's name; the file's if it is left out")
  .description('make or replace a preset of your own')
  .action(async (file: string, options: { name?: string }) =>
    end((await import('./cli/presets.ts')).addPreset(file, options)),
  );
presets
  .command('remove')
  .argument('<NAME>')
  .description('remove a preset of your own; batches that were accepted keep it')
  .action(async (name: string) => end((await import('./cli/presets.ts')).removePreset(name)));

program
  .command('migrate')
  .description('bring the database schema up to this version')
  .action(async () => {
    const { migrateSchema } = await import('./cli/migrate.ts');
    await end(migrateSchema());
  });

program
  .command('sweep-storage')
  .description('take away files that no image refers to; workers do so every few hours')
  .option('--older-than <DURATION>', 'younger ones may belong to images that are in work', '30m')
  .action(async (options: { olderThan: string }) => {
    const { sweepNow } = await import('./cli/sweep-storage.ts');
    await end(sweepNow(options));
  });

program
  .command('doctor')
  .description('try everything that Minilab needs, and say what is wrong')
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
// What is left open, such as a pooled connection that is just being closed, must not keep us.
setTimeout(() => process.exit(), 1_000).unref();
