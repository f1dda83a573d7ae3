import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TENANT } from '../app.ts';
import type { BatchKey } from '../batches/batch.ts';
import { parseNameTemplate } from '../presets/name-template.ts';
import { type BatchRow, findBatch } from '../batches/batch.queries.ts';
import { batchBody } from '../batches/batch.body.ts';
import { readConfig } from '../config.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { type Foundation, layFoundation, makeWritable } from '../services.ts';
import { acceptUpload } from '../intake/accept.ts';
import { stageUpload } from '../intake/staged-upload.ts';
import { UploadOptions } from '../intake/option-schemas.ts';
import { freshForSOf, readOptions } from '../intake/options.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import { writeFolder } from '../results/folder.ts';
import { checkEndpoint, configureEndpoint } from '../webhooks/endpoints.ts';
import { startWorker } from '../worker.ts';
import { onInterrupt } from './interrupt.ts';
import { createLog } from './log.ts';
import { EXIT, flawLines, plural, printJson, say } from './output.ts';
import { findPreset } from './presets.ts';
import { forgetRuns, freshPlace, keptPlace } from './run-folder.ts';
import { report, resultOf } from './process-report.ts';
import { startProgress } from './progress.ts';
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

/** `minilab process FILE.csv`: one shot, on the embedded database and storage, into a folder. */
export async function processFile(file: string, options: ProcessOptions): Promise<number> {
  const startedAt = Date.now();
  await using csv = await openReadable(file, 'a CSV file');
  const preset = await findPreset(options.preset);
  const reading = readFlags(options);
  parseNameTemplate(options.nameTemplate); // before anything is done
  const uploadOptions = readOptions(
    { deadline_hours: options.deadlineHours, fresh_for: options.freshFor ?? '' },
    UploadOptions,
  );
  const freshForS = freshForSOf(uploadOptions);
  const out = resolve(options.out);
  await makeWritable(out, '--out');
  await tellOfEarlierRun(out);
  const settings = readConfig();
  await makeWritable(settings.dataDir);
  const interrupted = onInterrupt(() => say('\nStopping.'));
  await using stack = new AsyncDisposableStack();

  await using staged = await stageUpload(csv.createReadStream(), {
    tenantId: DEFAULT_TENANT,
    folder: join(settings.dataDir, 'tmp'),
    maxBytes: settings.maxUploadBytes,
    allowPaths: true,
    presets: [...BUILTIN_PRESETS, preset],
    preset,
    ...reading,
  });
  const products = plural(staged.products, 'product');
  say(
    `${basename(file)}: ${products}, ${plural(staged.images, 'image')}, ${plural(staged.warningCount, 'warning')}.`,
  );
  if (staged.warningCount > 0) say(flawLines(staged.warnings.slice(0, WARNINGS_SHOWN), staged.warningCount));
  if (staged.rejectedRows > 0)
    say(
      `${plural(staged.rejectedRows, 'row has', 'rows have')} errors, and nothing is made of them:\n${flawLines(staged.rowErrors, staged.rowErrorCount)}`,
    );

  const { config, url } = await (freshForS === null ? freshPlace : keptPlace)(settings, stack);
  const foundation = await layFoundation(
    config,
    url,
    createLog(process.env['LOG_LEVEL'] ? config.logLevel : 'error'),
  );
  stack.defer(foundation.close);
  checkEndpoint(config.webhook, foundation.guard);
  const { db } = foundation.database;
  if (freshForS !== null) await forgetRuns(db);
  const name = basename(file);
  const accepted = await acceptUpload(
    foundation.database,
    staged,
    {
      ...{ tenantId: DEFAULT_TENANT, name, preset, nameTemplate: options.nameTemplate, freshForS },
      deadlineHours: uploadOptions.deadline_hours,
    },
    foundation.feed,
  );
  const batch = { tenantId: DEFAULT_TENANT, batchId: accepted.batch_id };
  const worker = await startWorker(foundation, dirname(resolve(file)));
  stack.defer(() => worker.stop(0));

  await configureEndpoint(db, DEFAULT_TENANT, config.webhook);
  const ended = await watch(foundation, batch, interrupted);
  const seconds = (): number => (Date.now() - startedAt) / 1000;
  if (!ended.ended_at) {
    say('Stopped before the end. Nothing was written; run the command again.');
    if (options.json) printJson(resultOf(ended, { outputCsv: null, seconds: seconds() }));
    return EXIT.interrupted;
  }
  const delivered = await webhookTried(db, batch, interrupted);
  const { path: outputCsv, removed } = await writeFolder(db, foundation.storage, batch, out);
  const told = { outputCsv, removed, seconds: seconds() };
  await report(db, batch, delivered ?? ended, told);
  if (options.json) printJson(resultOf(delivered ?? ended, told));
  return ended.state === 'completed' ? EXIT.ok : EXIT.someFailed;
}

const WARNINGS_SHOWN = 5; // those of whole columns come first

async function tellOfEarlierRun(out: string): Promise<void> {
  const file = join(out, 'output.csv');
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory())
    throw new Problem('storage_unavailable', {
      detail: `${file} is a folder, and the results would be written there. Choose another folder with --out.`,
    });
  if (found)
    say(
      `${out} holds an earlier run. Its output.csv is replaced, and images that this run does not make are removed.`,
    );
}

/** Shows the progress until the batch has ended, or the run is interrupted. */
async function watch(
  { database, config }: Foundation,
  batch: BatchKey,
  interrupted: AbortSignal,
): Promise<BatchRow> {
  const progress = startProgress();
  for (;;) {
    const row = await findBatch(database.db, batch);
    if (!row) throw new Error('the batch is gone');
    const { counts, images_per_second, eta_seconds } = batchBody(row, config.publicUrl);
    progress.update({
      ended: counts.completed + counts.failed + counts.cancelled,
      total: counts.total,
      failed: counts.failed,
      perSecond: images_per_second,
      etaSeconds: eta_seconds,
    });
    if (row.ended_at || interrupted.aborted) {
      progress.done();
      return row;
    }
    await sleep(200, undefined, { signal: interrupted }).catch(() => {});
  }
}

const WEBHOOK_WAIT_MS = 20_000;

/** WEBHOOK_URL hears of this batch too; what is not delivered when we end never will be, and is told as it stands. */
async function webhookTried(
  db: Db,
  batch: BatchKey,
  interrupted: AbortSignal,
): Promise<BatchRow | undefined> {
  for (const until = Date.now() + WEBHOOK_WAIT_MS; Date.now() < until;) {
    const row = await findBatch(db, batch);
    if (!row || row.delivery?.state !== 'pending' || interrupted.aborted) return row;
    await sleep(100, undefined, { signal: interrupted }).catch(() => {});
  }
  return findBatch(db, batch);
}
