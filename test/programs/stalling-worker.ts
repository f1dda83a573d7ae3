/**
 * A worker on DATABASE_URL whose event loop stands still for ever at a URL with "stall" in it, as a bug
 * in what reads an image would make it. Its watchdog waits for the first argument, in milliseconds.
 */
import { once } from 'node:events';
import { createLog } from '../../src/cli/log.ts';
import { readConfig } from '../../src/config.ts';
import { openServices } from '../../src/services.ts';
import { startWorker } from '../../src/worker.ts';

const config = readConfig();
const services = await openServices(
  config,
  config.databaseUrl ?? '',
  createLog('warn'),
  Number(process.argv[2]),
);
const { guard } = services;
const stalling: typeof guard = {
  ...guard,
  check(url, base) {
    while (url.includes('stall'));
    return guard.check(url, base);
  },
};
const worker = await startWorker({ ...services, guard: stalling });
process.stdout.write('ready\n');
await once(process, 'SIGTERM');
await worker.stop(0);
await services.close();
