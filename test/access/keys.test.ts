import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { newApiKey } from '../../src/access/api-key.ts';
import { FailureLimit } from '../../src/access/failed-authentication.ts';
import { identify } from '../../src/access/identify.ts';
import { createKey, resetKeys, revokeKey } from '../../src/access/key.queries.ts';
import { Keyring } from '../../src/access/keyring.ts';
import { LastUse } from '../../src/access/last-use.ts';
import { silent } from '../support/batches.ts';
import { open, readAnswer, startServer, untilClosed } from '../support/http.ts';
import { type Api, bearer, keyOf, startApi, startSecondApi } from '../support/api.ts';
import { json } from '../support/minilab.ts';
import { SOON_MS, until } from '../support/until.ts';

type Problem = { code: string; detail: string };

describe('API keys', () => {
  let api: Api;
  let db: Api['services']['database']['db'];
  let admin: string;

  before(async () => {
    api = await startApi();
    ({ db } = api.services.database);
  });
  after(() => api[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(api.url + path, { headers });

  test('without any key, this machine may do everything, but nobody through a proxy or a foreign name', async () => {
    assert.equal((await get('/v1/batches')).status, 200);
    assert.equal((await get('/v1/batches', { authorization: 'Basic eDp5' })).status, 200);
    assert.equal((await get('/v1/batches', bearer(newApiKey()))).status, 401, 'a key of another server');
    for (const name of [
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-real-ip',
      'via',
    ]) {
      const response = await get('/v1/batches', { [name]: 'for=192.0.2.1' });
      assert.equal(response.status, 403, name);
      const { code, detail } = await json<Problem>(response);
      assert.equal(code, 'forbidden');
      assert.match(detail, /keys create/);
    }
    assert.equal((await get('/healthz', { 'x-forwarded-for': '192.0.2.1' })).status, 200);
    const session = await json<object>(get('/v1/session'));
    assert.deepEqual(session, {
      needs_key: false,
      tenant: 'default',
      scope: 'admin',
      key: null,
      has_example: false,
    });
  });

  test('the first key closes the API without a restart, also on this machine', async () => {
    const response = await fetch(`${api.url}/v1/keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'first', scope: 'admin' }),
    });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    ({ key: admin } = await json<{ key: string }>(response));
    const refused = await get('/v1/batches');
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="Minilab"');
    assert.match((await json<Problem>(refused)).detail, /Authorization: Bearer ml_/);
    assert.equal((await get('/v1/batches', bearer(admin))).status, 200);
  });

  test('the scheme is in any case; a key that is none is told why, others get one sentence', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer ', 'bEARER'])
      assert.equal((await get('/v1/batches', { authorization: `${scheme} ${admin}` })).status, 200, scheme);
    const detailOf = async (authorization: string): Promise<string> => {
      const response = await get('/v1/batches', { authorization });
      assert.equal(response.status, 401, authorization);
      assert.ok(response.headers.has('www-authenticate'));
      return (await json<Problem>(response)).detail;
    };
    assert.match(await detailOf(`Bearer ${admin.slice(0, -1)}`), /ml_ and 38 letters/);
    const typo = (admin[5] === 'x' ? 'y' : 'x') as string;
    assert.match(await detailOf(`Bearer ${admin.slice(0, 5)}${typo}${admin.slice(6)}`), /typo/);
    for (const other of ['Basic eDp5', 'Bearer', admin, `Bearer ${admin} ${admin}`, `Token ${admin}`])
      assert.match(await detailOf(other), /This needs an API key/);

    const revoked = await keyOf(db);
    await revokeKey(db, 1, revoked.id);
    const expired = await createKey(db, { tenantId: 1, name: 'expired', scope: 'admin', expires: -1000 });
    const details = new Set<string>();
    for (const key of [newApiKey(), revoked.key, expired.key]) details.add(await detailOf(`Bearer ${key}`));
    assert.deepEqual([...details], ['The API key is unknown, revoked or expired.']);
  });

  test('with keys, a bearer may come from any name, page and proxy', async () => {
    const headers = { ...bearer(admin), origin: 'https://shop.example', 'x-forwarded-for': '192.0.2.1' };
    assert.equal((await get('/v1/batches', headers)).status, 200);
    const socket = await open(api.port);
    socket.write(
      `GET /v1/batches HTTP/1.1\r\nhost: minilab.example\r\nauthorization: Bearer ${admin}\r\nconnection: close\r\n\r\n`,
    );
    assert.equal(readAnswer(await untilClosed(socket)).status, 200);
  });

  test('what is public stays public', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/openapi.json', '/docs/', '/docs/json'])
      assert.ok([200, 302].includes((await get(path)).status), path);
    const file = await get(`/files/${'a'.repeat(32)}/${'b'.repeat(16)}/web.jpg`);
    assert.equal(file.status, 404);
  });

  test('an upload without a key, or with too small a scope, is refused before its body arrives', async () => {
    const reader = await keyOf(db, { scope: 'read' });
    for (const [line, status] of [
      ['', 401],
      [`authorization: Bearer ${newApiKey()}\r\n`, 401],
      [`authorization: Bearer ${reader.key}\r\n`, 403],
    ] as const) {
      const socket = await open(api.port);
      socket.write(
        `POST /v1/batches HTTP/1.1\r\nhost: localhost\r\n${line}content-type: text/csv\r\ncontent-length: 1000000\r\n\r\n`,
      );
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      assert.equal(readAnswer(chunk.toString()).status, status);
      socket.destroy();
    }
  });

  test('a scope that is too small is named', async () => {
    const reader = await keyOf(db, { scope: 'read' });
    const response = await fetch(`${api.url}/v1/presets/mine`, {
      method: 'DELETE',
      headers: bearer(reader.key),
    });
    assert.equal(response.status, 403);
    const { code, detail } = await json<Problem>(response);
    assert.equal(code, 'forbidden');
    assert.match(detail, /needs a key of scope write; the key "read .*" has the scope read/);
  });

  test('a revoked key, one that expires, and those of a deleted tenant are refused within 5 s by every process', async () => {
    await using second = await startSecondApi(api.services);
    const kinds: Record<string, { key: string; end(): Promise<unknown> }> = {};
    const byRoute = await keyOf(db);
    const byCommand = await keyOf(db);
    const expiring = await keyOf(db);
    const deleted = await keyOf(db, { tenant: 'gone' });
    kinds['route'] = {
      key: byRoute.key,
      end: async () => {
        const { items } = await json<{ items: { id: string; prefix: string }[] }>(
          get('/v1/keys', bearer(admin)),
        );
        const item = items.find(({ prefix }) => byRoute.key.startsWith(prefix));
        const response = await fetch(`${api.url}/v1/keys/${item?.id}`, {
          method: 'DELETE',
          headers: bearer(admin),
        });
        assert.equal(response.status, 204);
      },
    };
    kinds['command'] = { key: byCommand.key, end: () => revokeKey(db, 1, byCommand.id) };
    kinds['expiry'] = {
      key: expiring.key,
      end: () => sql`update api_keys set expires_at = now() where key_id = ${expiring.id}`.execute(db),
    };
    kinds['tenant'] = {
      key: deleted.key,
      end: () => sql`update tenants set deleted_at = now() where name = 'gone'`.execute(db),
    };
    for (const [name, { key, end }] of Object.entries(kinds)) {
      for (const url of [api.url, second.url])
        assert.equal((await fetch(`${url}/v1/batches`, { headers: bearer(key) })).status, 200, name);
      await end();
      for (const url of [api.url, second.url])
        await until(
          async () => (await fetch(`${url}/v1/batches`, { headers: bearer(key) })).status === 401,
          5_000,
          `the end of the ${name}`,
        );
    }
  });

  test('a request that is answered over minutes can learn that its key was revoked', async () => {
    const { key, id } = await keyOf(db);
    const watched: FastifyRequest[] = [];
    await using server = await startServer((app) => {
      const keyring = new Keyring(db, false);
      const lastUse = new LastUse(db, silent);
      app.decorateRequest('principal');
      app.addHook(
        'onRequest',
        identify({ keyring, lastUse, failures: new FailureLimit(), publicUrl: 'http://localhost' }),
      );
      app.addHook('onClose', () => lastUse[Symbol.asyncDispose]());
      app.get('/stream', async (request) => {
        watched.push(request);
        return {};
      });
    });
    assert.equal((await fetch(`${server.url}/stream`, { headers: bearer(key) })).status, 200);
    const isValid = async (): Promise<boolean | undefined> => watched[0]?.principal?.isStillValid();
    assert.equal(await isValid(), true);
    await revokeKey(db, 1, id);
    await until(async () => (await isValid()) === false, SOON_MS);
  });

  test('many requests with a key cost few statements', async () => {
    let taken = 0;
    const count = (): void => void (taken += 1);
    const { pool } = api.services.database;
    pool.on('acquire', count);
    // Signing out without a session changes nothing, and costs no statement.
    const out = (): Promise<Response> =>
      fetch(`${api.url}/v1/session`, { method: 'DELETE', headers: bearer(admin) });
    const statuses = await Promise.all(Array.from({ length: 200 }, out));
    pool.off('acquire', count);
    assert.ok(statuses.every(({ status }) => status === 204));
    assert.ok(taken < 50, `${taken} statements for 200 requests`);
  });

  test('the last use is kept', async () => {
    type Item = { prefix: string; last_used_at: string | null };
    const used = await keyOf(db);
    await get('/v1/batches', bearer(used.key));
    await until(
      async () => {
        const { items } = await json<{ items: Item[] }>(get('/v1/keys', bearer(admin)));
        return items.some(({ prefix, last_used_at }) => used.key.startsWith(prefix) && last_used_at !== null);
      },
      60_000,
      'the last use',
    );
  });

  test('no list shows a key, and no row has one', async () => {
    const text = await (await get('/v1/keys?limit=1000', bearer(admin))).text();
    assert.doesNotMatch(text, /ml_[0-9A-Za-z]{8}/);
    const { rows } = await sql<{ row: string }>`select k::text as row from api_keys k`.execute(db);
    for (const { row } of rows) assert.doesNotMatch(row, /ml_[0-9A-Za-z]{8}/);
  });

  test('when all keys are revoked, the API stays closed; keys reset opens it to this machine', async () => {
    await sql`update api_keys set revoked_at = now() where revoked_at is null`.execute(db);
    await until(async () => (await get('/v1/batches', bearer(admin))).status === 401, SOON_MS);
    assert.equal((await get('/v1/batches')).status, 401);
    await resetKeys(db);
    await until(async () => (await get('/v1/batches')).status === 200, SOON_MS);
  });
});

test('a server that others may reach is never open, whatever becomes of its keys', async () => {
  await using api = await startApi({ TRUST_PROXY: '127.0.0.1' });
  assert.equal((await fetch(`${api.url}/v1/batches`)).status, 401);
  await keyOf(api.services.database.db);
  await resetKeys(api.services.database.db);
  assert.equal((await fetch(`${api.url}/v1/batches`)).status, 401);
  assert.equal((await fetch(`${api.url}/healthz`)).status, 200);
});
