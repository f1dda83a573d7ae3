import type { FileHandle } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DEFAULT_TENANT } from '../access/tenants.ts';
import type { BatchKey } from '../batches/batch.ts';
import type { BatchRow } from '../batches/batch.queries.ts';
import { type Config, readConfig } from '../config.ts';
import { Problem } from '../errors.ts';
import { acceptUpload } from '../intake/accept.ts';
import { UploadOptions } from '../intake/option-schemas.ts';
import { freshForSOf, type ReadingOptions, readOptions } from '../intake/options.ts';
import { type StagedUpload, stageUpload } from '../intake/staged-upload.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import { parseNameTemplate } from '../presets/name-template.ts';
import type { Preset } from '../presets/spec.ts';
import { writeFolder } from '../results/folder.ts';
import { ensureWritable, type Services, openServices } from '../services.ts';
import { checkEndpoint, configureEndpoint } from '../webhooks/endpoints.ts';
import { startWorker } from '../worker.ts';
import { onInterrupt } from './interrupt.ts';
import { createLog } from './log.ts';
import { EXIT, printJson, say } from './output.ts';
import { findPreset } from './presets.ts';
import { createRunFolder, forgetRuns, openKeptRunFolder } from './run-folder.ts';
import { report, resultOf, sayStaged } from './process-report.ts';
import { showUntilEnded, untilDelivered } from './process-wait.ts';
import { type ReadingFlags, readFlags } from './reading-flags.ts';
import { openReadable } from './readable.ts';

export type ProcessOptions = ReadingFlags & {
  preset: string;
  out: string;
  nameTemplate: string;
  deadlineHours: string;
  freshFor?: string;
  onInvalid: string;
  json: boolean;
};

/** `minilab process FILE.csv`: processes one CSV on the bundled database, and writes its results into a folder. */
export async function processFile(file: string, options: ProcessOptions): Promise<number> {
  const startedAt = Date.now();
  const secondsSoFar = (): number => (Date.now() - startedAt) / 1000;
  await using csv = await openReadable(file, 'a CSV file');
  const request = await checkOptions(options);
  await checkOutputFolder(request.out);
  const settings = readConfig();
  await ensureWritable(settings.dataDir);
  const interrupted = onInterrupt(() => say('\nStopping.'));
  await using stack = new AsyncDisposableStack();
  await using staged = await stage(csv, request, settings);
  sayStaged(basename(file), staged);

  const services = await openRunServices(request, settings, stack);
  const { db } = services.database;
  const batch = await accept(services, staged, request, basename(file));
  const worker = await startWorker(services, dirname(resolve(file)));
  stack.defer(() => worker.stop(0));
  await configureEndpoint(db, DEFAULT_TENANT, services.config.webhook);

  const ended = await showUntilEnded(db, batch, interrupted);
  if (!ended.ended_at) return sayStopped(ended, secondsSoFar(), options);
  const row = (await untilDelivered(db, batch, interrupted)) ?? ended;
  const { path: outputCsv, removed } = await writeFolder(db, services.storage, batch, request.out);
  const result = { outputCsv, removed, seconds: secondsSoFar() };
  await report(db, batch, row, result);
  if (options.json) printJson(resultOf(row, result));
  return ended.state === 'completed' ? EXIT.ok : EXIT.someFailed;
}

/** The options, checked. */
type ProcessRequest = {
  preset: Preset;
  reading: ReadingOptions;
  nameTemplate: string;
  freshForS: number | null;
  deadlineHours: number | undefined;
  /** absolute path */
  out: string;
};

/** @throws Problem */
async function checkOptions(options: ProcessOptions): Promise<ProcessRequest> {
  const preset = await findPreset(options.preset);
  const reading = readFlags(options);
  parseNameTemplate(options.nameTemplate);
  const uploadOptions = readOptions(
    { deadline_hours: options.deadlineHours, fresh_for: options.freshFor ?? '' },
    UploadOptions,
  );
  return {
    preset,
    reading,
    nameTemplate: options.nameTemplate,
    freshForS: freshForSOf(uploadOptions),
    deadlineHours: uploadOptions.deadline_hours,
    out: resolve(options.out),
  };
}

/** @throws Problem `storage_unavailable` */
async function checkOutputFolder(folder: string): Promise<void> {
  await ensureWritable(folder, '--out');
  const outputCsv = join(folder, 'output.csv');
  const existing = await stat(outputCsv).catch(() => undefined);
  if (existing?.isDirectory())
    throw new Problem('storage_unavailable', {
      detail: `${outputCsv} is a folder, and the results cannot be written there. Choose another folder with --out.`,
    });
  if (existing)
    say(
      `${folder} holds an earlier run. Its output.csv is replaced, and its images that this run does not make are removed.`,
    );
}

async function stage(
  csv: FileHandle,
  { preset, reading }: ProcessRequest,
  { dataDir, maxUploadBytes }: Config,
): Promise<StagedUpload> {
  return stageUpload(csv.createReadStream(), {
    tenantId: DEFAULT_TENANT,
    folder: join(dataDir, 'tmp'),
    maxBytes: maxUploadBytes,
    allowPaths: true,
    presets: [...BUILTIN_PRESETS, preset],
    preset,
    ...reading,
  });
}

/** Opens the services of this run in a folder of its own; with --fresh-for, in the one that stays. */
async function openRunServices(
  { freshForS }: ProcessRequest,
  settings: Config,
  stack: AsyncDisposableStack,
): Promise<Services> {
  const openFolder = freshForS === null ? createRunFolder : openKeptRunFolder;
  const { config, databaseUrl } = await openFolder(settings, stack);
  const log = createLog(process.env['LOG_LEVEL'] ? config.logLevel : 'error');
  const services = await openServices(config, databaseUrl, log);
  stack.defer(services.close);
  checkEndpoint(config.webhook, services.guard);
  if (freshForS !== null) await forgetRuns(services.database.db);
  return services;
}

async function accept(
  { database, feed }: Services,
  staged: StagedUpload,
  { preset, nameTemplate, freshForS, deadlineHours }: ProcessRequest,
  name: string,
): Promise<BatchKey> {
  const acceptance = { tenantId: DEFAULT_TENANT, name, preset, nameTemplate, freshForS, deadlineHours };
  const row = await acceptUpload(database, staged, acceptance, feed);
  return { tenantId: row.tenant_id, batchId: row.batch_id };
}

function sayStopped(row: BatchRow, seconds: number, { json }: ProcessOptions): number {
  say('Stopped before the end. Nothing was written; run the command again.');
  if (json) printJson(resultOf(row, { outputCsv: null, seconds }));
  return EXIT.interrupted;
}
