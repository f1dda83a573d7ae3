import type { FastifyPluginAsync } from 'fastify';
import { Type } from 'typebox';

/** What processing images depends on. Each check returns what is wrong, or undefined. */
export type HealthChecks = Record<string, () => Promise<string | undefined>>;

const Live = Type.Object({ ok: Type.Boolean() });
const Ready = Type.Object(
  {
    ok: Type.Boolean(),
    checks: Type.Record(Type.String(), Type.String(), { description: '`ok`, or what is wrong' }),
  },
  { 'x-name': 'Readiness' },
);

/** `/healthz`, `/livez`: the process is alive. `/readyz`: it can process images; otherwise 503 with the reasons. */
export const healthRoutes: FastifyPluginAsync<{ checks: HealthChecks }> = async (app, { checks }) => {
  const checked = sharedRun(checks);
  for (const [path, operationId] of [
    ['/healthz', 'getHealth'],
    ['/livez', 'getLiveness'],
  ] as const)
    app.get(
      path,
      { config: { access: 'public' }, schema: { operationId, summary: 'Liveness', response: { 200: Live } } },
      async () => ({ ok: true }),
    );

  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getReadiness',
        summary: 'Readiness: database, storage, worker',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const results = await checked();
      const ok = results.every(([, result]) => result === 'ok');
      return reply.code(ok ? 200 : 503).send({ ok, checks: Object.fromEntries(results) });
    },
  );
};

/** Requests at the same time share one run: anybody may send them, and each run writes a file and takes a connection. */
function sharedRun(checks: HealthChecks): () => Promise<(readonly [name: string, result: string])[]> {
  const run = (): ReturnType<typeof resultsOf> => resultsOf(checks).finally(() => (running = undefined));
  let running: ReturnType<typeof resultsOf> | undefined;
  return () => (running ??= run());
}

async function resultsOf(checks: HealthChecks): Promise<(readonly [name: string, result: string])[]> {
  const names = Object.entries(checks);
  return Promise.all(names.map(async ([name, check]) => [name, (await check()) ?? 'ok'] as const));
}
