import { DEFAULT_TENANT } from '../access/tenants.ts';
import { readConfig } from '../config.ts';
import { openServices, openConfiguredDatabase } from '../services.ts';
import { configureEndpoint } from '../webhooks/endpoints.ts';
import { startWorker } from '../worker.ts';
import { aborted, onInterrupt } from './interrupt.ts';
import { createLog } from './log.ts';
import { EXIT, say } from './output.ts';

/** `minilab worker`: runs a worker until it is interrupted. Any number of machines can run one. */
export async function work(): Promise<number> {
  const config = readConfig();
  const log = createLog(config.logLevel, config.machineName);
  for (const warning of config.unknownSettings) log.warn(warning);
  const interrupted = onInterrupt(() =>
    say('Stopping after the images in progress. Press Ctrl-C again to stop at once.'),
  );
  await using stack = new AsyncDisposableStack();
  const database = await openConfiguredDatabase(config, 'worker');
  stack.defer(database.close);
  const services = await openServices(config, database.url, log);
  stack.defer(services.close);
  const { webhook, databaseUrl } = services.config;
  // It is the same for all processes then; with the bundled database, `serve` decides.
  if (webhook && databaseUrl !== undefined)
    await configureEndpoint(services.database.db, DEFAULT_TENANT, webhook);
  const worker = await startWorker(services);
  stack.defer(worker.stop);
  say('The worker is ready.');
  await aborted(interrupted);
  return EXIT.ok;
}
