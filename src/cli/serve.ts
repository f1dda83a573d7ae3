import { setTimeout as sleep } from 'node:timers/promises';
import { accessInWords, configureKey, requireKey } from '../access/configured-key.ts';
import { DEFAULT_TENANT } from '../access/tenants.ts';
import { startHttp } from '../app.ts';
import { readConfig } from '../config.ts';
import { Problem } from '../errors.ts';
import { openServices, openConfiguredDatabase, type Services } from '../services.ts';
import { checkEndpoint, configureEndpoint, hasConfiguredEndpoint } from '../webhooks/endpoints.ts';
import { startWorker, type Worker } from '../worker.ts';
import { aborted, onInterrupt } from './interrupt.ts';
import { createLog } from './log.ts';
import { EXIT, say } from './output.ts';

/** `minilab serve`: runs the API and, without --no-worker, a worker, until it is interrupted. */
export async function serve({ worker: withWorker }: { worker: boolean }): Promise<number> {
  const config = readConfig();
  const log = createLog(config.logLevel, config.machineName);
  for (const warning of config.unknownSettings) log.warn(warning);
  const interrupted = onInterrupt(() =>
    say('Stopping after the images in progress. Press Ctrl-C again to stop at once.'),
  );
  await using stack = new AsyncDisposableStack();

  const database = await openConfiguredDatabase(config, 'serve');
  stack.defer(database.close);
  const other = await database.server?.claim('serve');
  if (other !== undefined)
    throw new Problem('already_running', {
      detail: `${other} uses the data folder ${config.dataDir}. Stop it first, or choose another folder with DATA_DIR=….`,
    });
  const services = await openServices(config, database.url, log);
  stack.defer(services.close);
  const { publicUrl, webhook } = services.config;
  const { db } = services.database;
  await configureKey(db, config.apiKey);
  if (config.isExposed) await requireKey(db, config);
  checkEndpoint(webhook, services.guard);
  let worker: Worker | undefined;
  stack.defer(async () => worker?.stop());
  const notYet = withWorker ? { pausedBecause: () => ['it is starting'] } : undefined;
  // The port is opened before the worker starts: if it is taken, no image is in progress yet.
  const http = await startHttp(
    services,
    () => worker ?? notYet,
    () => interrupted.aborted,
  );
  stack.defer(http.close);
  await followWebhookUrl(services);
  if (withWorker) worker = await startWorker(services);

  say(`Minilab is ready: ${publicUrl} (API documentation: ${publicUrl}/docs)`);
  if (config.isExposed && new URL(publicUrl).hostname === 'localhost')
    say('Links in answers begin with http://localhost: set PUBLIC_URL to the address that users see.');
  say(`The data folder is ${config.dataDir}. ${await accessInWords(db, services.config)}`);
  await aborted(interrupted);
  await sleep(config.drainDelayMs); // so that a proxy that asks for readiness sends nobody any more
  await stack.disposeAsync();
  say('Stopped. Nothing is lost: unfinished work continues at the next start.');
  return EXIT.ok;
}

/** Of WEBHOOK_URL the shared setting decides: a server that has no secret of its own leaves the endpoint as it is. */
async function followWebhookUrl({ config, shared, database: { db }, log }: Services): Promise<void> {
  const isOfOthers = config.webhook === undefined && shared.values().WEBHOOK_URL !== undefined;
  if (!isOfOthers) return configureEndpoint(db, DEFAULT_TENANT, config.webhook);
  if (!(await hasConfiguredEndpoint(db, DEFAULT_TENANT)))
    log.warn('WEBHOOK_URL is set for all processes, but nobody has said its secret: set WEBHOOK_SECRET here');
}
