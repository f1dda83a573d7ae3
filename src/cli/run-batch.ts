import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DEFAULT_TENANT } from '../access/tenants.ts';
import type { BatchKey } from '../batches/batch.ts';
import type { BatchRow } from '../batches/batch.queries.ts';
import type { Config } from '../config.ts';
import { acceptUpload } from '../intake/accept.ts';
import type { ReadingOptions } from '../intake/options.ts';
import { type StagedUpload, stageUpload } from '../intake/staged-upload.ts';
import { withPicturesStored } from '../intake/store-pictures.ts';
import type { OnPlaceholder } from '../pipeline/marks.ts';
import type { Preset, Recipe } from '../presets/spec.ts';
import { openServices, type Services } from '../services.ts';
import { checkEndpoint, configureEndpoint } from '../webhooks/endpoints.ts';
import { startWorker } from '../worker.ts';
import { findLooksOf } from '../work/looks/looks.ts';
import type { HeadStart } from './head-start.ts';
import { createRunLog } from './log.ts';
import { markFiles } from './placeholders.ts';
import { sayStaged } from './process-report.ts';
import { showUntilEnded } from './process-wait.ts';
import { createRunFolder, forgetRuns, openKeptRunFolder } from './run-folder.ts';

/** What a command wants of one CSV. */
export type RunRequest = {
  preset: Preset;
  /** of main images, if it is another one */
  mainPreset?: Preset | undefined;
  /** those that rows may choose */
  presets: readonly Preset[];
  reading: ReadingOptions;
  nameTemplate: string | undefined;
  freshForS: number | null;
  deadlineHours: number | undefined;
  /** whether products that do not say their category are apparel; undefined: unknown */
  apparel?: boolean | undefined;
  placeholders?: OnPlaceholder | undefined;
  /** picture files that are marked as placeholders */
  placeholderFiles?: readonly string[];
  /** whether WEBHOOK_URL is told */
  tellsWebhook: boolean;
  /** Refuses what does not fit the presets that the CSV chooses. @throws Problem */
  checkRecipes?: (recipes: readonly Recipe[]) => void;
};

export type RunParts = { head: HeadStart; interrupted: AbortSignal; stack: AsyncDisposableStack };

type Run = { services: Services; batch: BatchKey; ended: BatchRow };

/**
 * Processes one CSV on the bundled database, and waits until it has ended or is interrupted.
 * @param stack closes everything that the run needs
 */
export async function runBatch(
  { csv, file }: { csv: FileHandle; file: string },
  request: RunRequest,
  settings: Config,
  { head, interrupted, stack }: RunParts,
): Promise<Run> {
  await using staged = await stage(csv, request, settings);
  sayStaged(basename(file), staged);
  request.checkRecipes?.(staged.recipes(request.preset));
  head.decoders?.warm(); // not before: an upload with errors needs none
  const services = await openRunServices(request, settings, { head, stack });
  const { db } = services.database;
  await markFiles(services, request.placeholderFiles ?? [], interrupted);
  // Before the batch: one without images ends as it is accepted, and its event goes to the endpoints of that moment.
  if (request.tellsWebhook) await configureEndpoint(db, DEFAULT_TENANT, services.config.webhook);
  const batch = await accept(services, staged, request, basename(file));
  const worker = await startWorker(services, {
    localFolder: dirname(resolve(file)),
    decoders: head.decoders,
  });
  stack.defer(() => worker.stop(0));
  const ended = await showUntilEnded(db, batch, interrupted);
  if (!interrupted.aborted) await findLooksOf(batch, { db, log: services.log, signal: interrupted });
  return { services, batch, ended };
}

async function stage(
  csv: FileHandle,
  { preset, mainPreset, presets, reading }: RunRequest,
  { dataDir, maxUploadBytes, maxSourceBytes }: Config,
): Promise<StagedUpload> {
  return stageUpload(csv.createReadStream(), {
    tenantId: DEFAULT_TENANT,
    folder: join(dataDir, 'tmp'),
    maxBytes: maxUploadBytes,
    maxSourceBytes,
    allowPaths: true,
    presets,
    preset,
    mainPreset,
    ...reading,
  });
}

/** Opens the services of this run in a folder of its own; if downloads are kept, in the one that stays. */
async function openRunServices(
  { freshForS, tellsWebhook }: RunRequest,
  settings: Config,
  { head, stack }: Omit<RunParts, 'interrupted'>,
): Promise<Services> {
  const openFolder = freshForS === null ? createRunFolder : openKeptRunFolder;
  const { config, databaseUrl } = await openFolder(settings, await head.server(settings.dataDir), stack);
  const log = createRunLog(config.logLevel);
  const services = await openServices(config, databaseUrl, log);
  stack.defer(services.close);
  if (tellsWebhook) checkEndpoint(config.webhook, services.guard);
  if (freshForS !== null) await forgetRuns(services.database.db);
  return services;
}

async function accept(
  { database, feed, storage }: Services,
  staged: StagedUpload,
  { preset, nameTemplate, freshForS, deadlineHours, apparel, placeholders }: RunRequest,
  name: string,
): Promise<BatchKey> {
  const acceptance = {
    tenantId: DEFAULT_TENANT,
    name,
    preset,
    nameTemplate,
    freshForS,
    deadlineHours,
    apparel,
    placeholders,
  };
  const upload = { tenantId: DEFAULT_TENANT, ...staged };
  const row = await withPicturesStored({ db: database.db, storage }, upload, () =>
    acceptUpload(database, staged, acceptance, feed),
  );
  return { tenantId: row.tenant_id, batchId: row.batch_id };
}
