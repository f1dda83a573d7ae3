import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthRoutes } from '../../src/http/health.routes.ts';
import { startServer } from '../support/http.ts';
import { until } from '../support/until.ts';

test('requests for /readyz at the same time share one run of the checks; later ones have their own', async () => {
  let runs = 0;
  let waiting = 0;
  let trouble: string | undefined = 'the disk is full';
  const go = Promise.withResolvers<void>();
  const disk = async (): Promise<string | undefined> => {
    runs += 1;
    await go.promise;
    return trouble;
  };
  await using server = await startServer((app) => {
    app.addHook('preHandler', async () => void (waiting += 1));
    void app.register(healthRoutes, { checks: { disk } });
  });
  const ask = (): Promise<Response> => fetch(`${server.url}/readyz`);
  const asked = Array.from({ length: 20 }, ask);
  await until(() => waiting === 20, 10_000);
  go.resolve();
  for (const response of await Promise.all(asked)) {
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { ok: false, checks: { disk: trouble } });
  }
  assert.equal(runs, 1);
  trouble = undefined;
  assert.equal((await ask()).status, 200);
  assert.equal(runs, 2);
});
