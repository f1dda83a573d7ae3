import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { startHttp } from '../../src/app.ts';
import type { Scope } from '../../src/http/principal.ts';
import { createKey } from '../../src/access/key.queries.ts';
import { createTenant, findTenant } from '../../src/access/tenants.ts';
import type { Db } from '../../src/db/database.ts';
import type { Services } from '../../src/services.ts';
import { newServices } from './batches.ts';
import { freePort } from './minilab.ts';

export type Route = { method: string; url: string; access: Scope | 'public' };

export type Api = AsyncDisposable & { url: string; port: number; services: Services; routes: Route[] };

/** The API of this process, on a database of its own, with the list of its routes. */
export async function startApi(settings: Record<string, string> = {}): Promise<Api> {
  const port = await freePort();
  const services = await newServices({ PORT: String(port), ...settings });
  const { routes, close } = await listening(services);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    services,
    routes,
    async [Symbol.asyncDispose]() {
      await close();
      await services[Symbol.asyncDispose]();
    },
  };
}

/** Another process of the API on the same database would know as little of this one. */
export async function startSecondApi(services: Services): Promise<AsyncDisposable & { url: string }> {
  const port = await freePort();
  const { close } = await listening({ ...services, config: { ...services.config, port } });
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

async function listening(services: Services): Promise<{ routes: Route[]; close(): Promise<void> }> {
  const routes: Route[] = [];
  const onServer = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat()) {
        const byMethod = one === 'GET' || one === 'HEAD' ? 'read' : 'write';
        routes.push({ method: one, url, access: config?.access ?? byMethod });
      }
    });
  };
  subscribe('fastify.initialization', onServer);
  const http = await startHttp(services, () => undefined).finally(() =>
    unsubscribe('fastify.initialization', onServer),
  );
  return { routes, close: http.close };
}

/** A new key of a tenant, which is created if there is none. */
export async function keyOf(
  db: Db,
  { tenant = 'default', scope = 'admin' }: { tenant?: string; scope?: Scope } = {},
): Promise<{ key: string; id: string; tenantId: number }> {
  const { tenant_id: tenantId } = await findTenant(db, tenant).catch(() => createTenant(db, tenant));
  const name = `${scope} ${Math.random()}`;
  const { key, row } = await createKey(db, { tenantId, name, scope });
  return { key, id: row.key_id, tenantId };
}

export function bearer(key: string): { authorization: string } {
  return { authorization: `Bearer ${key}` };
}
