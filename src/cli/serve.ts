import { DEFAULT_TENANT, startHttp } from '../app.ts';
import { readConfig } from '../config.ts';
import { Problem } from '../errors.ts';
import { layFoundation, openConfiguredDatabase } from '../services.ts';
import { checkEndpoint, configureEndpoint } from '../webhooks/endpoints.ts';
import { startWorker, type Worker } from '../worker.ts';
import { aborted, onInterrupt } from './interrupt.ts';
import { createLog } from './log.ts';
import { EXIT, say } from './output.ts';

/** `minilab serve`: the API and, unless it is told otherwise, a worker, until it is interrupted. */
export async function serve({ worker: withWorker }: { worker: boolean }): Promise<number> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  for (const told of config.unknownSettings) log.warn(told);
  const interrupted = onInterrupt(() =>
    say('Ending: images in work are finished first. Press Ctrl-C again to end at once.'),
  );
  await using stack = new AsyncDisposableStack();

  const database = await openConfiguredDatabase(config, 'serve');
  stack.defer(database.close);
  const other = await database.server?.claim('serve');
  if (other !== undefined)
    throw new Problem('already_running', {
      detail: `${other} uses the data folder ${config.dataDir}. Stop it first, or choose another folder with DATA_DIR=….`,
    });
  const foundation = await layFoundation(config, database.url, log);
  stack.defer(foundation.close);
  checkEndpoint(config.webhook, foundation.guard);
  let worker: Worker | undefined;
  stack.defer(async () => worker?.stop());
  const notYet = withWorker ? { pausedBecause: () => ['it is starting'] } : undefined;
  // First of all the port: one that is taken must not cost a worker that is in the middle of images.
  const http = await startHttp(foundation, () => worker ?? notYet);
  stack.defer(http.close);
  await configureEndpoint(foundation.database.db, DEFAULT_TENANT, config.webhook);
  if (withWorker) worker = await startWorker(foundation);

  say(`Minilab is ready: ${config.publicUrl} (documentation of the API: ${config.publicUrl}/docs)`);
  say(`Files are kept in ${config.dataDir}. Without API keys only this machine can use it.`);
  await aborted(interrupted);
  await stack.disposeAsync();
  say('Ended. Nothing is lost: what was not finished goes on with the next start.');
  return EXIT.ok;
}
