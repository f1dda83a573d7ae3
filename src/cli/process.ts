import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BatchRow } from '../batches/batch.queries.ts';
import { today } from '../channels/day.ts';
import type { Channel } from '../channels/rule.ts';
import { readConfig } from '../config.ts';
import { Problem } from '../errors.ts';
import { isFolder } from '../files.ts';
import { freshForSOf } from '../intake/options.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import { parseNameTemplate } from '../presets/name-template.ts';
import { writeFolder } from '../results/folder.ts';
import { tableFileKind } from '../results/table-file.ts';
import type { CheckSummary } from '../results/check/summary.ts';
import { ensureWritable, type Services } from '../services.ts';
import { type DiskStorage, diskStorage } from '../storage/disk.ts';
import type { HeadStart } from './head-start.ts';
import { onInterrupt, unlessStopped } from './interrupt.ts';
import { EXIT, printJson, say } from './output.ts';
import { findPreset } from './presets.ts';
import { findChannels } from './channels.ts';
import { openRunCheck, reportCheck, sayNotJudged } from './check-report.ts';
import { sayLooks } from './looks-report.ts';
import { report, resultOf } from './process-report.ts';
import { untilDelivered } from './process-wait.ts';
import { runBatch, type RunRequest } from './run-batch.ts';
import { type ReadingFlags, readFlags, readOptionFlags } from './reading-flags.ts';
import { openReadable } from './readable.ts';

export type ProcessOptions = ReadingFlags & {
  preset: string;
  mainPreset?: string;
  apparel: boolean;
  out: string;
  output?: string;
  nameTemplate: string;
  deadlineHours: string;
  freshFor?: string;
  placeholder: string[];
  placeholders: string;
  onInvalid: string;
  check?: string;
  json: boolean;
};

const NOTHING_WRITTEN = 'Stopped before the end. Nothing was written; run the command again.';

/** `minilab process FILE.csv`: processes one CSV on the bundled database, and writes its results into a folder. */
export async function processFile(file: string, options: ProcessOptions, begun: HeadStart): Promise<number> {
  await using head = begun;
  const startedAt = Date.now();
  const secondsSoFar = (): number => (Date.now() - startedAt) / 1000;
  await using csv = await openReadable(file, 'a CSV file');
  const request = await checkOptions(file, options);
  await checkOutputFolder(request);
  const settings = readConfig();
  await ensureWritable(settings.dataDir);
  const interrupted = onInterrupt(() => say('\nStopping.'));
  await using stack = new AsyncDisposableStack();
  const running = runBatch({ csv, file }, request, settings, { head, interrupted, stack });
  const run = await unlessStopped(running, interrupted, NOTHING_WRITTEN);
  const { services, batch, ended } = run;
  const { db } = services.database;
  if (!ended.ended_at) return sayStopped(ended, secondsSoFar(), options);
  const row = (await untilDelivered(db, batch, interrupted)) ?? ended;
  const written = await writeFolder(db, runStorage(services), batch, request.out, request.output);
  const result = { ...written, outputCsv: written.path, seconds: secondsSoFar() };
  await report(db, batch, row, result);
  await sayLooks(db, batch);
  const checks = request.channels ? await reportChecks(run, request.channels) : undefined;
  if (options.json) printJson({ ...resultOf(row, result), ...(checks && { checks }) });
  return ended.state === 'completed' ? EXIT.ok : EXIT.someFailed;
}

/** A run keeps its files in a folder, whatever STORAGE_URL says: see run-folder.ts. */
function runStorage({ config: { storage } }: Services): DiskStorage {
  if (storage.is !== 'folder') throw new Error('a run has a folder of its own');
  return diskStorage(storage.path);
}

/**
 * The options, checked. `out`: absolute path. `output`: name of a table besides output.csv, for a workbook a workbook.
 * `channels`: what to check the batch by.
 */
type ProcessRequest = RunRequest & {
  out: string;
  output: string | undefined;
  channels: Channel[] | undefined;
};

/** @throws Problem */
async function checkOptions(file: string, options: ProcessOptions): Promise<ProcessRequest> {
  const preset = await findPreset(options.preset);
  const mainPreset = options.mainPreset === undefined ? undefined : await findPreset(options.mainPreset);
  const reading = readFlags(options);
  parseNameTemplate(options.nameTemplate);
  const output = options.output ?? (/\.xlsx$/i.test(file) ? 'output.xlsx' : undefined);
  if (output !== undefined) tableFileKind(output);
  const uploadOptions = readOptionFlags({
    deadline_hours: options.deadlineHours,
    fresh_for: options.freshFor ?? '',
    placeholders: options.placeholders,
  });
  return {
    preset,
    mainPreset,
    presets: [...BUILTIN_PRESETS, preset, ...(mainPreset ? [mainPreset] : [])],
    reading,
    tellsWebhook: true,
    channels: options.check === undefined ? undefined : await findChannels(options.check),
    nameTemplate: options.nameTemplate,
    freshForS: freshForSOf(uploadOptions),
    deadlineHours: uploadOptions.deadline_hours,
    apparel: options.apparel || undefined,
    placeholders: uploadOptions.placeholders,
    placeholderFiles: options.placeholder,
    out: resolve(options.out),
    output,
  };
}

/** @throws Problem `storage_unavailable` */
async function checkOutputFolder({ out: folder, output }: ProcessRequest): Promise<void> {
  await ensureWritable(folder, '--out');
  const outputCsv = join(folder, 'output.csv');
  for (const path of [outputCsv, ...(output === undefined ? [] : [join(folder, output)])])
    if (await isFolder(path))
      throw new Problem('storage_unavailable', {
        detail: `${path} is a folder, and the results cannot be written there. Choose another folder with --out.`,
      });
  if (existsSync(outputCsv))
    say(
      `${folder} holds an earlier run. Its output.csv is replaced, and its images that this run does not make are removed.`,
    );
}

/** Of the files that the CSV links, and of those that were made. */
async function reportChecks(
  { services, batch }: Awaited<ReturnType<typeof runBatch>>,
  channels: Channel[],
): Promise<CheckSummary[]> {
  const found: CheckSummary[] = [];
  for (const what of ['source', 'output'] as const) {
    const choice = { of: what, asOf: today(), rendition: undefined, category: undefined, channels };
    found.push(...(await reportCheck(await openRunCheck(services, batch, choice))));
  }
  sayNotJudged();
  return found;
}

function sayStopped(row: BatchRow, seconds: number, { json }: ProcessOptions): number {
  say(NOTHING_WRITTEN);
  if (json) printJson(resultOf(row, { outputCsv: null, seconds }));
  return EXIT.interrupted;
}
