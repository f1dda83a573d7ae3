import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditResponses } from './access/audit-responses.ts';
import { auditRoutes } from './access/audit.routes.ts';
import { FailureLimit } from './access/failed-authentication.ts';
import { identify, refuseScope } from './access/identify.ts';
import { limitRequests } from './access/request-rate.ts';
import { usageRoutes } from './access/usage.routes.ts';
import { keyRoutes } from './access/key.routes.ts';
import { Keyring } from './access/keyring.ts';
import { LastUse } from './access/last-use.ts';
import { sessionRoutes } from './access/session.routes.ts';
import { DEFAULT_TENANT } from './access/tenants.ts';
import { EVENT_DOCUMENTS } from './batches/event-documents.ts';
import { controlRoutes } from './batches/control.routes.ts';
import { failureRoutes } from './batches/failures.routes.ts';
import { imageRoutes } from './batches/image.routes.ts';
import { imagesRoutes } from './batches/images.routes.ts';
import { BatchWatcher } from './batches/live/batch-watcher.ts';
import { liveRoutes } from './batches/live/live.routes.ts';
import { lookupRoutes } from './batches/lookup.routes.ts';
import { statusRoutes } from './batches/status.routes.ts';
import { sentenceOn } from './db/coexistence.ts';
import type { Database, Db } from './db/database.ts';
import { newerSchema } from './db/migrate.ts';
import type { Services } from './services.ts';
import { hostRoutes } from './hosts/host.routes.ts';
import { healthRoutes } from './http/health.routes.ts';
import { closeServer, createServer, listen, type Server } from './http/server.ts';
import { exampleRoutes } from './intake/example.routes.ts';
import { readExample } from './intake/example.ts';
import { badRowRoutes } from './intake/bad-rows.routes.ts';
import { KeptFiles } from './intake/kept-files.ts';
import { uploadKey } from './intake/kept-uploads.ts';
import { keptRoutes } from './intake/kept.routes.ts';
import { previewRoutes } from './intake/preview.routes.ts';
import { acceptUploads } from './intake/receive.ts';
import { uploadRoutes } from './intake/upload.routes.ts';
import { pageRoutes } from './page/page.routes.ts';
import { workerRoutes } from './queue/worker.routes.ts';
import { beforeRoutes } from './pictures/before.routes.ts';
import type { OpenUpload } from './pictures/preview-sources.ts';
import { presetPreviewRoutes } from './pictures/preview.routes.ts';
import { startPictures } from './pictures/pictures.ts';
import { markRoutes } from './marks/mark.routes.ts';
import { channelRoutes } from './channels/channel.routes.ts';
import { presetRoutes } from './presets/preset.routes.ts';
import { fileRoutes } from './results/file.routes.ts';
import { checkRoutes } from './results/check/check.routes.ts';
import { samePictureRoutes } from './results/looks/same-pictures.routes.ts';
import { findChecked } from './results/check/checked-slots.ts';
import { outputRoutes } from './results/output.routes.ts';
import { resultsRoutes } from './results/results.routes.ts';
import { deliveryRoutes } from './webhooks/delivery.routes.ts';
import { endpointRoutes } from './webhooks/endpoint.routes.ts';
import { inboxRoutes } from './webhooks/inbox.routes.ts';
import { PROBE_WITHIN_MS, type Storage } from './storage/storage.ts';
import { userAgentOf, VERSION } from './version.ts';
import type { Worker } from './worker.ts';

export type HttpService = { close(): Promise<void> };

/**
 * Starts the API on its port.
 * @param worker the worker of this process, if it has one by now
 * @param isEnding whether this process is about to stop listening
 */
export async function startHttp(
  services: Services,
  worker: () => Pick<Worker, 'pausedBecause'> | undefined,
  isEnding: () => boolean = () => false,
): Promise<HttpService> {
  const { config, database, feed, storage, guard, log } = services;
  const { publicUrl, filesUrl, trustProxy } = config;
  const keyring = new Keyring(database.hurried, config.isExposed);
  await keyring.needsKeys();
  const example = await readExample(config);
  const app = await createServer({
    publicUrl,
    version: VERSION,
    log,
    events: EVENT_DOCUMENTS,
    trustProxy,
    needsKeys: () => keyring.neededKeys(),
  });
  const { failures, limit } = controlAccess(app, services, keyring);
  const shared = { publicUrl, filesUrl, db: database.db };
  await app.register(healthRoutes, {
    checks: {
      database: () => databaseTrouble(database),
      storage: () => storageTrouble(storage),
      worker: async () => worker()?.pausedBecause().join('; ') || undefined,
      process: async () => (isEnding() ? 'it is stopping' : undefined),
    },
  });
  const folder = join(config.dataDir, 'tmp');
  const { maxUploadBytes, maxSourceBytes } = config;
  const kept = new KeptFiles({ db: database.db, folder, maxUploadBytes });
  const intake = { ...shared, guard, folder, maxUploadBytes, maxSourceBytes, kept };
  await app.register(async (scope) => {
    await acceptUploads(scope, maxUploadBytes);
    await scope.register(keptRoutes, intake);
    await scope.register(badRowRoutes, intake);
    await scope.register(uploadRoutes, { ...intake, database, feed, storage });
    await scope.register(previewRoutes, { ...intake, userAgent: userAgentOf(publicUrl) });
  });
  await app.register(exampleRoutes, { example });
  await app.register(keyRoutes, { ...shared, keyring });
  await app.register(sessionRoutes, {
    ...shared,
    keyring,
    failures,
    limit,
    hasExample: example !== undefined,
  });
  await app.register(presetRoutes, shared);
  await app.register(channelRoutes, shared);
  await app.register(markRoutes, shared);
  const watcher = new BatchWatcher({ db: database.hurried, log });
  app.addHook('preClose', async () => watcher.close());
  await app.register(statusRoutes, { ...shared, watcher });
  await app.register(liveRoutes, { ...shared, watcher });
  await app.register(imagesRoutes, { ...shared, findChecked: findChecked(shared) });
  await app.register(imageRoutes, shared);
  await app.register(failureRoutes, shared);
  await app.register(controlRoutes, { ...shared, patient: database.patient, feed });
  await app.register(lookupRoutes, shared);
  await app.register(hostRoutes, { ...shared, feed, secretsKey: services.secretsKey });
  await app.register(endpointRoutes, { ...shared, guard });
  await app.register(deliveryRoutes, { ...shared, queue: services.queue });
  await app.register(inboxRoutes, { ...shared, tenantId: DEFAULT_TENANT, secrets: config.inboxSecrets });
  await app.register(usageRoutes, { ...shared, requestsPerSecond: config.requestsPerSecond });
  await app.register(auditRoutes, shared);
  await app.register(workerRoutes, shared);
  await app.register(outputRoutes, { ...shared, folder });
  await app.register(resultsRoutes, { ...shared, storage, folder });
  await app.register(checkRoutes, shared);
  await app.register(samePictureRoutes, shared);
  await app.register(pageRoutes, { filesUrl });
  const openUpload: OpenUpload = (tenantId, id) => kept.open(uploadKey(tenantId, id));
  const pictures = startPictures({ ...services, openUpload });
  app.addHook('onClose', () => pictures.stop());
  await app.register(fileRoutes, { storage, thumbs: pictures.thumbs, redirects: config.redirectsFiles });
  await app.register(beforeRoutes, { db: database.db, befores: pictures.befores });
  await app.register(presetPreviewRoutes, { previews: pictures.previews });
  await listen(app, config);
  return { close: () => closeServer(app) };
}

/** What happens to every request, in this order: it is identified, limited, judged by its scope, and audited. */
function controlAccess(app: Server, { config, database, log }: Services, keyring: Keyring) {
  const { publicUrl, requestsPerSecond } = config;
  const lastUse = new LastUse(database.hurried, log);
  const failures = new FailureLimit();
  const limit = limitRequests(database.db, requestsPerSecond);
  app.decorateRequest('principal');
  app.decorateRequest('lacksScope', false);
  app.decorateRequest('isAudited', false);
  app.addHook('onRequest', identify({ keyring, lastUse, failures, publicUrl }));
  app.addHook('onRequest', limit);
  app.addHook('onRequest', refuseScope);
  app.addHook('onSend', auditResponses(database.db));
  app.addHook('onClose', () => lastUse[Symbol.asyncDispose]());
  return { failures, limit };
}

async function storageTrouble(storage: Storage): Promise<string | undefined> {
  return storage.probe(AbortSignal.timeout(PROBE_WITHIN_MS)).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

const DATABASE_ANSWERS_WITHIN_MS = 5_000;

async function databaseTrouble({ hurried }: Database): Promise<string | undefined> {
  const silence = sleep(DATABASE_ANSWERS_WITHIN_MS, 'the database does not answer', { ref: false });
  return Promise.race([schemaTrouble(hurried), silence]);
}

/** Why this version cannot work with the database. */
async function schemaTrouble(db: Db): Promise<string | undefined> {
  try {
    const newer = await newerSchema(db);
    return newer && !newer.mayWork ? sentenceOn(newer) : undefined;
  } catch {
    return 'the database does not answer';
  }
}
