import assert from 'node:assert/strict';
import type { KyselyPlugin } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { BatchWatcher } from '../../src/batches/live/batch-watcher.ts';
import { STREAM_TIMES, type StreamTimes } from '../../src/batches/live/event-stream.ts';
import { liveRoutes } from '../../src/batches/live/live.routes.ts';
import { statusRoutes } from '../../src/batches/status.routes.ts';
import type { Db } from '../../src/db/database.ts';
import type { ClientLimits } from '../../src/http/slow-clients.ts';
import { publicId } from '../../src/ids.ts';
import type { Services } from '../../src/services.ts';
import { claim, failed, madeOf, newServices, record, silent } from './batches.ts';
import type { ServerEvent } from './events.ts';
import { startServer, type TestServer } from './http.ts';

export type Live = AsyncDisposable & {
  services: Services;
  server: TestServer;
  /** statements of streams and waits */
  statements: () => number;
  /** whether the keys of requests are still valid */
  allowed: { is: boolean };
  urlOf(key: BatchKey): string;
};

/** The API's routes of batches, with the database and queue of a test that does by hand what a worker does. */
export async function newLive({
  databaseUrl,
  limits = {},
  times = STREAM_TIMES,
}: { databaseUrl?: string; limits?: Partial<ClientLimits>; times?: StreamTimes } = {}): Promise<Live> {
  const services = await newServices({}, databaseUrl);
  let count = 0;
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => {
      count += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const db: Db = services.database.db.withPlugin(counting);
  const watcher = new BatchWatcher({ db, log: silent });
  const allowed = { is: true };
  const shared = {
    db: services.database.db,
    watcher,
    publicUrl: 'http://localhost',
    filesUrl: 'http://localhost/files',
    times,
  };
  const server = await startServer((app) => {
    app.decorateRequest('principal');
    app.addHook('onRequest', async (request) => {
      const isStillValid = async (): Promise<boolean> => allowed.is;
      request.principal = { tenantId: 1, scope: 'admin', key: undefined, isStillValid };
    });
    app.addHook('preClose', async () => watcher.close());
    void app.register(statusRoutes, shared);
    void app.register(liveRoutes, shared);
  }, limits);
  return {
    services,
    server,
    statements: () => count,
    allowed,
    urlOf: ({ batchId }) => `${server.url}/v1/batches/${publicId('bat', batchId)}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await services[Symbol.asyncDispose]();
    },
  };
}

export function urls(count: number, name = 'a'): string[] {
  return Array.from({ length: count }, (_, i) => `http://127.0.0.${1 + (i % 50)}/${name}-${i}.jpg`);
}

/** Claims so many images, and records that they failed, or completed. The window holds 64 at once. */
export async function work(services: Services, count: number, how: 'fail' | 'complete'): Promise<number[]> {
  const slots: number[] = [];
  while (slots.length < count) {
    const claimed = await claim(services, count - slots.length);
    assert.ok(claimed.length > 0, 'there are as many images');
    const finished = claimed.map(async ({ task, image }) => {
      return { task, result: how === 'fail' ? failed(image) : await madeOf(services, image) };
    });
    await record(services, await Promise.all(finished));
    slots.push(...claimed.map(({ image }) => image.slot));
  }
  return slots.toSorted((a, b) => a - b);
}

export function slotsOf(events: ServerEvent[]): number[] {
  return events.filter(({ event }) => event === 'image').map(({ data }) => Number(data['slot']));
}

export const isProgressOf =
  (failures: number) =>
  ({ event, data }: ServerEvent): boolean =>
    event === 'progress' && (data['counts'] as { failed: number }).failed === failures;
