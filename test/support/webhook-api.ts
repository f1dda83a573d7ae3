import { createServer } from '../../src/http/server.ts';
import type { Services } from '../../src/services.ts';
import { deliveryRoutes } from '../../src/webhooks/delivery.routes.ts';
import { endpointRoutes } from '../../src/webhooks/endpoint.routes.ts';
import { startDeliveries } from '../../src/webhooks/webhook.tasks.ts';
import { silent } from './logs.ts';

type Answered<T> = { status: number; body: T };

export type Api = AsyncDisposable & {
  /** A request as a tenant. */
  ask<T>(method: string, path: string, body?: unknown, tenantId?: number): Promise<Answered<T>>;
};

/** The routes of endpoints and deliveries, in which a request says whose it is. */
export async function startWebhookApi({ database, guard, queue }: Services): Promise<Api> {
  const app = await createServer({ publicUrl: 'http://127.0.0.1', version: '0', log: silent });
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request) => {
    const tenantId = Number(request.headers['x-tenant']);
    request.principal = { tenantId, scope: 'admin', key: undefined, isStillValid: async () => true };
  });
  const parts = { db: database.db, guard, queue, publicUrl: 'http://minilab.example' };
  await app.register(endpointRoutes, parts);
  await app.register(deliveryRoutes, parts);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    async ask<T>(method: string, path: string, body?: unknown, tenantId = 1): Promise<Answered<T>> {
      const response = await fetch(url + path, {
        method,
        headers: {
          'x-tenant': String(tenantId),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** Deliveries as a worker makes them. */
export function deliver(
  { database: { db }, queue, guard }: Services,
  { schedule = [0, 50, 50], timeoutMs = 5_000, log = silent } = {},
): AsyncDisposable {
  const pump = startDeliveries({ db, queue, guard, userAgent: 'test', schedule, timeoutMs, log });
  return { [Symbol.asyncDispose]: () => pump.stop(0) };
}
