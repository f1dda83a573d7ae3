import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { newApiKey } from '../../src/access/api-key.ts';
import { revokeKey } from '../../src/access/key.queries.ts';
import { type Api, bearer, keyOf, startApi } from '../support/api.ts';
import { json } from '../support/minilab.ts';
import { SOON_MS, until } from '../support/until.ts';

type Problem = { code: string; detail: string };

function signIn(url: string, key: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ key }),
  });
}

/** `name=value` of the cookie that an answer sets. */
function cookieOf(response: Response): string {
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

describe('sessions of the page', () => {
  let api: Api;
  let admin: Awaited<ReturnType<typeof keyOf>>;
  let db: Api['services']['database']['db'];

  before(async () => {
    api = await startApi();
    ({ db } = api.services.database);
    assert.equal((await signIn(api.url, newApiKey())).status, 409, 'without keys, nobody signs in');
    admin = await keyOf(db, { tenant: 'shop' });
    await until(async () => (await fetch(`${api.url}/v1/batches`)).status === 401, SOON_MS);
  });
  after(() => api[Symbol.asyncDispose]());

  const send = (method: string, path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(api.url + path, { method, headers });

  test('a key gives a cookie that scripts and other sites cannot use', async () => {
    const response = await signIn(api.url, admin.key);
    assert.equal(response.status, 201);
    assert.match(
      response.headers.get('set-cookie') ?? '',
      /^minilab_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const body = await json<{ tenant: string; scope: string; key: { id: string } }>(response);
    assert.equal(body.tenant, 'shop');
    const cookie = cookieOf(response);
    assert.deepEqual(await json(send('GET', '/v1/session', { cookie })), body);
    assert.deepEqual(await json(send('GET', '/v1/session', bearer(admin.key))), body);
    assert.equal((await send('GET', '/v1/batches', { cookie: `a=b; ${cookie}; c=d` })).status, 200);
    const { rows } = await sql<{ row: string }>`select s::text as row from sessions s`.execute(db);
    for (const { row } of rows) assert.ok(!row.includes(cookie.split('=')[1] ?? '?'));
  });

  test('what changes something needs our Origin, what reads does not', async () => {
    const cookie = cookieOf(await signIn(api.url, admin.key));
    const remove = (headers: Record<string, string>): Promise<Response> =>
      send('DELETE', '/v1/presets/none', { cookie, ...headers });
    for (const origin of [
      'https://evil.example',
      'null',
      `${api.url}.evil.example`,
      api.url.replace('http', 'https'),
    ]) {
      const response = await remove({ origin });
      assert.equal(response.status, 403, origin);
      assert.equal((await json<Problem>(response)).code, 'foreign_origin');
    }
    assert.equal((await remove({})).status, 403);
    assert.equal((await remove({ origin: api.url })).status, 404);
    assert.equal((await send('GET', '/v1/batches', { cookie, origin: 'https://evil.example' })).status, 200);
  });

  test('signing in from a page of another site, or with a wrong key, is refused', async () => {
    const foreign = await signIn(api.url, admin.key, { origin: 'https://evil.example' });
    assert.equal((await json<Problem>(foreign)).code, 'foreign_origin');
    assert.equal((await signIn(api.url, admin.key, { origin: api.url })).status, 201);
    for (const key of [newApiKey(), 'x', `${admin.key}x`, '']) {
      const response = await signIn(api.url, key);
      assert.equal(response.status, 401, key);
      assert.ok(response.headers.has('www-authenticate'));
      assert.equal(response.headers.get('set-cookie'), null);
    }
    assert.equal((await signIn(api.url, 5)).status, 400);
  });

  test('signing out ends it at once; revoking its key, and its age, within 5 s', async () => {
    const isOver = async (cookie: string): Promise<boolean> =>
      (await send('GET', '/v1/session', { cookie })).status === 401;
    const first = cookieOf(await signIn(api.url, admin.key));
    const out = await send('DELETE', '/v1/session', { cookie: first, origin: api.url });
    assert.equal(out.status, 204);
    assert.match(out.headers.get('set-cookie') ?? '', /^minilab_session=; Max-Age=0/);
    assert.ok(await isOver(first));

    const other = await keyOf(db);
    const second = cookieOf(await signIn(api.url, other.key));
    const third = cookieOf(await signIn(api.url, admin.key));
    assert.ok(!(await isOver(second)) && !(await isOver(third)));
    await revokeKey(db, other.tenantId, other.id);
    await until(() => isOver(second), SOON_MS);
    await sql`update sessions set expires_at = now()`.execute(db);
    await until(() => isOver(third), SOON_MS);
    assert.match(
      (await json<Problem>(send('GET', '/v1/session', { cookie: third }))).detail,
      /sign in again/,
    );
  });

  test('a session that is used lasts on, for a week at most', async () => {
    const cookie = cookieOf(await signIn(api.url, admin.key));
    const fresh = `created_at > now() - interval '1 minute'`;
    await sql`update sessions set expires_at = now() + interval '1 hour' where ${sql.raw(fresh)}`.execute(db);
    await send('GET', '/v1/session', { cookie });
    const leftHours = async (): Promise<number> => {
      const { rows } = await sql<{ hours: number }>`
        select max(extract(epoch from expires_at - now()) / 3600)::float8 as hours from sessions`.execute(db);
      return rows[0]?.hours ?? 0;
    };
    await until(async () => (await leftHours()) > 11, 60_000);
    await sql`update sessions set created_at = now() - interval '7 days' + interval '2 hours', expires_at = now() + interval '1 hour'`.execute(
      db,
    );
    await send('GET', '/v1/session', { cookie });
    await until(async () => (await leftHours()) > 1.5, 60_000);
    assert.ok((await leftHours()) <= 2);
  });
});

test('behind https, the cookie is for https and this host alone, and the Origin is that of PUBLIC_URL', async () => {
  await using api = await startApi({ PUBLIC_URL: 'https://minilab.example', TRUST_PROXY: '127.0.0.1' });
  const { key } = await keyOf(api.services.database.db);
  const response = await signIn(api.url, key, { origin: 'https://minilab.example' });
  assert.equal(response.status, 201);
  assert.match(
    response.headers.get('set-cookie') ?? '',
    /^__Host-minilab_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  const headers = { cookie: cookieOf(response), origin: 'https://minilab.example' };
  const unprefixed = { ...headers, cookie: headers.cookie.replace('__Host-', '') };
  const refused = await fetch(`${api.url}/v1/session`, { headers: unprefixed });
  assert.equal(refused.status, 401, 'another host of the domain could have set it');
  assert.equal((await fetch(`${api.url}/v1/presets/none`, { method: 'DELETE', headers })).status, 404);
  // By the name that the proxy was asked for, when it is another one than PUBLIC_URL.
  const other = {
    'x-forwarded-host': 'other.example',
    'x-forwarded-proto': 'https',
    origin: 'https://other.example',
  };
  const byOther = await fetch(`${api.url}/v1/presets/none`, {
    method: 'DELETE',
    headers: { ...headers, ...other },
  });
  assert.equal(byOther.status, 404);
});
