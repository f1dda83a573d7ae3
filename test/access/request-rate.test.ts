import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { FailureLimit } from '../../src/access/failed-authentication.ts';
import { TokenBuckets } from '../../src/access/token-buckets.ts';
import { Problem } from '../../src/errors.ts';
import { type TenantsApi, startApi } from '../support/tenants-api.ts';
import { json } from '../support/minilab.ts';

describe('requests per second of a key', () => {
  let api: TenantsApi;
  before(async () => {
    api = await startApi({ REQUESTS_PER_SECOND: '3' });
  });
  after(() => api[Symbol.asyncDispose]());

  const get = (path: string, key?: string): Promise<Response> =>
    fetch(`${api.url}${path}`, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });

  test('a key that used up its tokens gets 429 with the fields of the draft, and its tokens back after Retry-After', async () => {
    const { key } = await api.newKey();
    const first = await get('/v1/presets', key);
    assert.equal(first.status, 200);
    assert.equal(first.headers.get('ratelimit-policy'), '"requests";q=30;w=10');
    assert.match(first.headers.get('ratelimit') ?? '', /^"requests";r=29;t=1$/);

    const many = await Promise.all(Array.from({ length: 60 }, () => get('/v1/presets', key)));
    const refused = many.filter(({ status }) => status === 429);
    const passed = many.filter(({ status }) => status === 200);
    assert.equal(refused.length + passed.length, 60);
    assert.ok(passed.length >= 29 && refused.length > 0, `${passed.length} passed`);
    const [one] = refused;
    assert.ok(one);
    assert.match(one.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.match(one.headers.get('ratelimit') ?? '', /^"requests";r=0;t=(9|10)$/);
    assert.equal(one.headers.get('retry-after'), '1');
    const { code, detail } = await json<{ code: string; detail: string }>(one);
    assert.equal(code, 'too_many_requests');
    assert.match(detail, /3 requests per second/);

    await sleep(Number(one.headers.get('retry-after')) * 1_000);
    assert.equal((await get('/v1/presets', key)).status, 200);
  });

  test('keys have a bucket each; health, files and other public routes have none', async () => {
    const [first, second] = [await api.newKey(), await api.newKey()];
    for (let i = 0; i < 40; i += 1) await get('/v1/usage', first.key);
    assert.equal((await get('/v1/usage', second.key)).status, 200);
    for (const path of ['/healthz', '/files/none', '/openapi.json']) {
      const response = await get(path);
      assert.equal(response.headers.get('ratelimit'), null, path);
    }
  });

  test('what a scope does not allow, and signing in, count too, because each leaves a row', async () => {
    const { key, tenantId } = await api.newKey('reader', 'read');
    const remove = (): Promise<Response> =>
      fetch(`${api.url}/v1/presets/none`, { method: 'DELETE', headers: { authorization: `Bearer ${key}` } });
    const signIn = (): Promise<Response> =>
      fetch(`${api.url}/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ key }),
      });
    const entriesOf = async (statuses: Set<number>, send: () => Promise<Response>): Promise<number> => {
      for (const { status } of await Promise.all(Array.from({ length: 60 }, send))) statuses.add(status);
      const { rows } = await sql<{ entries: number }>`
        select count(*) as entries from audit_log where tenant_id = ${tenantId}`.execute(
        api.services.database.db,
      );
      return rows[0]?.entries ?? 0;
    };
    const forbidden = new Set<number>();
    assert.ok((await entriesOf(forbidden, remove)) < 60);
    assert.deepEqual(forbidden, new Set([403, 429]));
    const signedIn = new Set<number>();
    await entriesOf(signedIn, signIn);
    assert.ok(signedIn.has(429));
  });

  test('a tenant has its own limit, effective within 5 s', async () => {
    const { tenantId, key } = await api.newKey('busy');
    await api.limit(tenantId, { requestsPerSecond: 50 });
    const response = await get('/v1/usage', key);
    assert.equal(response.headers.get('ratelimit-policy'), '"requests";q=500;w=10');
    const { limits } = await json<{ limits: { requests_per_second: number } }>(response);
    assert.equal(limits.requests_per_second, 50);
  });
});

describe('failed authentications', () => {
  const unauthorized = new Problem('unauthorized', { detail: 'wrong' });
  const wrong = () => Promise.reject(unauthorized);
  const codeOf = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'passed',
      (error: Problem) => error.code,
    );

  test('of an address are refused after a thousand, before the key is looked up; a key that was accepted before passes', async () => {
    let now = 0;
    const limit = new FailureLimit(new TokenBuckets({ now: () => now }));
    const client = { ip: '192.0.2.7' };
    const right = async (): Promise<string> => 'right';
    assert.equal(await limit.guard(client, 'ours', right), 'right');
    for (let i = 0; i < 1_000; i += 1)
      assert.equal(await codeOf(limit.guard(client, `guess ${i}`, wrong)), 'unauthorized');
    const lookUp = (): Promise<never> => assert.fail('the key was looked up');
    assert.equal(await codeOf(limit.guard(client, 'guess', lookUp)), 'too_many_requests');
    assert.equal(await codeOf(limit.guard(client, 'ours', right)), 'passed');
    assert.equal(await codeOf(limit.guard(client, undefined, wrong)), 'unauthorized', 'nothing was guessed');
    assert.equal(await codeOf(limit.guard({ ip: '192.0.2.8' }, 'other', right)), 'passed');
    now += 100;
    assert.equal(await codeOf(limit.guard(client, 'another of ours', right)), 'passed');
    assert.equal(await codeOf(limit.guard(client, 'guess', wrong)), 'unauthorized');
    assert.equal(await codeOf(limit.guard(client, 'guess', lookUp)), 'too_many_requests');
  });

  test('are 429 with Retry-After, for keys and for signing in', async () => {
    await using api = await startApi({ TRUST_PROXY: '127.0.0.1' });
    const { key } = await api.newKey();
    const from = { 'x-forwarded-for': '192.0.2.7' };
    const ask = (secret: string, headers: Record<string, string> = from): Promise<Response> =>
      fetch(`${api.url}/v1/presets`, { headers: { ...headers, authorization: `Bearer ${secret}` } });
    const signIn = (secret = 'ml_guess'): Promise<Response> =>
      fetch(`${api.url}/v1/session`, {
        method: 'POST',
        headers: { ...from, 'content-type': 'application/json' },
        body: JSON.stringify({ key: secret }),
      });
    const useUp = (): Promise<unknown> => Promise.all(Array.from({ length: 50 }, () => ask('ml_guess')));
    assert.equal((await ask(key)).status, 200);
    for (const attempt of [() => ask('ml_guess'), () => signIn()]) {
      let refused = await attempt();
      while (refused.status === 401)
        [refused = refused] = await Promise.all(Array.from({ length: 50 }, attempt));
      assert.equal(refused.status, 429);
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.equal((await json<{ code: string }>(refused)).code, 'too_many_requests');
    }
    assert.equal((await ask(key)).status, 200);
    await useUp();
    const signedIn = await signIn(key);
    assert.equal(signedIn.status, 201, 'the key that was accepted also signs in');
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    await useUp();
    assert.equal((await fetch(`${api.url}/v1/presets`, { headers: { ...from, cookie } })).status, 200);
    assert.equal((await ask('ml_guess', { 'x-forwarded-for': '192.0.2.8' })).status, 401);
  });
});
