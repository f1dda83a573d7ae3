import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TENANT } from '../app.ts';
import type { BatchKey } from '../batches/batch.ts';
import { parseNameTemplate } from '../batches/name-template.ts';
import { type BatchRow, findBatch } from '../batches/batch.queries.ts';
import { batchBody } from '../batches/batch.body.ts';
import { type Config, readConfig } from '../config.ts';
import type { Db } from '../db/database.ts';
import { type EmbeddedServer, holdEmbeddedServer } from '../db/embedded.ts';
import { type Foundation, layFoundation, makeWritable } from '../foundation.ts';
import { type ImageRow, listImages } from '../images/image.queries.ts';
import { acceptDraft } from '../intake/accept.ts';
import { draftUpload } from '../intake/draft.ts';
import { readOptions, UploadOptions } from '../intake/options.ts';
import { publicId } from '../ids.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import { writeFolder } from '../results/folder.ts';
import { configureEndpoint } from '../webhooks/endpoints.ts';
import { startWorker } from '../worker.ts';
import { onInterrupt } from './interrupt.ts';
import { createLog } from './log.ts';
import { EXIT, flawLines, plural, say, size, table } from './output.ts';
import { findPreset } from './presets.ts';
import { startProgress } from './progress.ts';
import { type ReadingFlags, readFlags } from './reading-flags.ts';
import { refuseUnreadable } from './readable.ts';

export type ProcessOptions = ReadingFlags & {
  preset: string;
  out: string;
  nameTemplate: string;
  deadlineHours: string;
  onInvalid: string;
  json: boolean;
};

/** `minilab process FILE.csv`: one shot, on the embedded database and storage, into a folder. */
export async function processFile(file: string, options: ProcessOptions): Promise<number> {
  const startedAt = Date.now();
  await refuseUnreadable(file, 'a CSV file');
  const preset = await findPreset(options.preset);
  const reading = readFlags(options);
  parseNameTemplate(options.nameTemplate); // before anything is done
  const { deadline_hours: deadlineHours } = readOptions(
    { deadline_hours: options.deadlineHours },
    UploadOptions,
  );
  const out = resolve(options.out);
  await makeWritable(out, '--out');
  const settings = readConfig();
  await makeWritable(settings.dataDir);
  const interrupted = onInterrupt(() => say('\nStopping.'));
  await using stack = new AsyncDisposableStack();

  await using draft = await draftUpload(createReadStream(file), {
    tenantId: DEFAULT_TENANT,
    folder: join(settings.dataDir, 'tmp'),
    maxBytes: settings.maxUploadBytes,
    allowPaths: true,
    presets: [...BUILTIN_PRESETS, preset],
    ...reading,
  });
  const products = plural(draft.products, 'product');
  say(
    `${basename(file)}: ${products}, ${plural(draft.images, 'image')}, ${plural(draft.warningCount, 'warning')}.`,
  );
  if (draft.rejectedRows > 0)
    say(
      `${plural(draft.rejectedRows, 'row has', 'rows have')} errors, and nothing is made of them:\n${flawLines(draft.rowErrors, draft.rowErrorCount)}`,
    );

  const { config, url } = await ownPlace(settings, stack);
  const foundation = await layFoundation(
    config,
    url,
    createLog(process.env['LOG_LEVEL'] ? config.logLevel : 'error'),
  );
  stack.defer(foundation.close);
  const { db } = foundation.database;
  const name = basename(file);
  const batch = await acceptDraft(
    foundation.database,
    draft,
    { tenantId: DEFAULT_TENANT, name, preset, nameTemplate: options.nameTemplate, deadlineHours },
    foundation.feed,
  );
  const worker = await startWorker(foundation, dirname(resolve(file)));
  stack.defer(() => worker.stop(0));

  await configureEndpoint(db, DEFAULT_TENANT, config.webhook);
  const ended = await watch(foundation, batch, interrupted);
  if (!ended) {
    say('Stopped before the end. Nothing was written; run the command again.');
    return EXIT.interrupted;
  }
  const delivered = await webhookTried(db, batch, interrupted);
  const outputCsv = await writeFolder(db, foundation.storage, batch, out);
  await report(db, batch, delivered ?? ended, {
    ...options,
    outputCsv,
    seconds: (Date.now() - startedAt) / 1000,
  });
  return ended.state === 'completed' ? EXIT.ok : EXIT.someFailed;
}

/**
 * A database, a storage and a folder that no other process uses, because another worker could not
 * read the paths in this CSV. Several runs at once get one each; all of it is removed at the end.
 */
async function ownPlace(
  settings: Config,
  stack: AsyncDisposableStack,
): Promise<{ config: Config; url: string }> {
  const server: EmbeddedServer = await holdEmbeddedServer(settings.dataDir, 'process');
  stack.defer(() => server.close());
  let number = 1;
  while ((await server.claim(`process-${number}`)) !== undefined) number += 1;
  const dataDir = join(settings.dataDir, `process-${number}`);
  const database = `minilab_process_${number}`;
  await rm(dataDir, { recursive: true, force: true });
  await makeWritable(dataDir); // here and now, or not at all
  const url = await server.freshDatabase(database);
  stack.defer(async () => {
    await server.dropDatabase(database);
    await rm(dataDir, { recursive: true, force: true });
  });
  return { config: { ...settings, dataDir, storageDir: join(dataDir, 'files') }, url };
}

/** Shows the progress until the batch has ended; undefined when interrupted before. */
async function watch(
  { database, config }: Foundation,
  batch: BatchKey,
  interrupted: AbortSignal,
): Promise<BatchRow | undefined> {
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
      return row.ended_at ? row : undefined;
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

const FAILURES_SHOWN = 50;

async function report(
  db: Db,
  batch: BatchKey,
  row: BatchRow,
  { json, outputCsv, seconds }: { json: boolean; outputCsv: string; seconds: number },
): Promise<void> {
  const failed = await listImages(db, {
    ...batch,
    states: ['failed'],
    code: undefined,
    afterSlot: 0,
    limit: FAILURES_SHOWN,
  });
  say(`${plural(row.completed, 'image')} completed, ${row.failed} failed, in ${seconds.toFixed(1)} s.`);
  if (row.bytes_in > 0) say(`${size(row.bytes_in)} of sources became ${size(row.bytes_out)}.`);
  if (failed.length > 0)
    say(`\n${table([['ROW', 'POSITION', 'CODE', 'URL', 'WHY'], ...failed.map(failureCells)])}`);
  if (row.failed > failed.length)
    say(`… and ${row.failed - failed.length} more; all of them are in the output CSV.`);
  say(`\nOutput: ${outputCsv}`);
  if (!json) return;
  const { counts, webhook } = batchBody(row, '');
  const result = {
    batch: publicId('bat', row.batch_id),
    state: row.state,
    counts,
    errors_by_code: row.errors_by_code,
    seconds,
    output_csv: outputCsv,
    webhook,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function failureCells(image: ImageRow): string[] {
  const { row_number, position, error_code, error_detail, url } = image;
  const shown = url.length > 60 ? `${url.slice(0, 30)}…${url.slice(-29)}` : url;
  return [String(row_number), String(position), error_code ?? '', shown, error_detail ?? ''];
}
