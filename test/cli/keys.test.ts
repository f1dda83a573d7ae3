/** The commands for keys and tenants, as an operator uses them, beside a server on the bundled database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newApiKey } from '../../src/access/api-key.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { json, type Ran, runMinilab, startMinilab } from '../support/minilab.ts';
import { SOON_MS, until } from '../support/until.ts';

test('keys and tenants are made, listed and ended beside a running server, which says who may use it', async () => {
  await using folder = await newFolder();
  const settings = { DATA_DIR: folder.path };
  const minilab = (...args: string[]): Promise<Ran> => runMinilab(args, { settings });
  await using server = await startMinilab('serve --no-worker', settings);
  await until(() => /There are no API keys, so only this machine can use the API\./.test(server.said()));
  const status = async (key?: string): Promise<number> => {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return (await fetch(`${server.url}/v1/batches`, { headers })).status;
  };
  assert.equal(await status(), 200);

  const created = await minilab('keys', 'create', 'ci');
  assert.equal(created.code, 0, created.err);
  assert.match(created.out, /^ml_[0-9A-Za-z]{38}\n$/, 'the key alone, for KEY=$(minilab keys create ci)');
  assert.match(created.err, /scope write, and does not expire.*\n.*asks for a key, also on this machine/);
  const key = created.out.trim();
  assert.equal(await status(key), 200);
  await until(async () => (await status()) === 401, SOON_MS);

  assert.equal((await minilab('tenants', 'create', 'shop')).code, 0);
  assert.match((await minilab('tenants', 'list')).out, /^NAME .*\ndefault .*1 .*\nshop .*0/);
  const args = ['keys', 'create', 'ci', '--tenant', 'shop', '--scope', 'admin', '--expires', '90d', '--json'];
  const other = JSON.parse((await minilab(...args)).out) as Record<string, string>;
  assert.equal(`${other['tenant']} ${other['scope']} ${other['state']}`, 'shop admin active');
  const days = (Date.parse(other['expires_at'] ?? '') - Date.now()) / 86_400_000;
  assert.ok(days > 89 && days < 91, String(days));
  const session = fetch(`${server.url}/v1/session`, { headers: { authorization: `Bearer ${other['key']}` } });
  assert.equal((await json<{ tenant: string }>(session)).tenant, 'shop');

  const list = await minilab('keys', 'list');
  assert.match(list.out, new RegExp(`${other['id']} +ci +shop +admin +${other['prefix']}…`));
  assert.ok(!list.out.includes(key) && !list.out.includes(other['key'] ?? '?'));
  const listed = JSON.parse((await minilab('keys', 'list', '--tenant', 'shop', '--json')).out) as {
    items: object[];
  };
  assert.equal(listed.items.length, 1);
  assert.match(
    (await minilab('doctor')).out,
    /ok {4}access: The API needs a key; 2 are valid, of 2 tenants\./,
  );

  assert.equal((await minilab('keys', 'revoke', 'ci')).code, 0);
  await until(async () => (await status(key)) === 401, SOON_MS);
  assert.equal(await status(other['key']), 200, 'the key of the same name of another tenant');
  assert.equal((await minilab('tenants', 'delete', 'shop')).code, 0);
  await until(async () => (await status(other['key'])) === 401, SOON_MS);
  assert.equal((await minilab('keys', 'reset')).code, 0);
  await until(async () => (await status()) === 200, SOON_MS);
});

test('what is wrong with a key or tenant is said, and exits with 1', async () => {
  const settings = { DATABASE_URL: await migratedDatabase() };
  const cases: [string[], RegExp][] = [
    [['keys', 'create', 'a', '--scope', 'all'], /--scope is "all", and must be one of read, write, admin/],
    [['keys', 'create', 'a', '--expires', 'soon'], /--expires is "soon", and must be a duration such as 90d/],
    [['keys', 'create', 'a', '--tenant', 'nobody'], /There is no tenant "nobody"/],
    [['keys', 'create', ' '], /name of a key must have 1 to 100 characters/],
    [['keys', 'revoke', 'nobody'], /has no key "nobody"/],
    [['tenants', 'create', 'Shop 1'], /"Shop 1" cannot be the name of a tenant/],
    [['tenants', 'set', 'default', '--images-per-day', ''], /--images-per-day is "", and must be/],
    [['tenants', 'set', 'default', '--stored-bytes', ''], /--stored-bytes is "", and must be/],
    [['tenants', 'delete', 'default'], /"default" cannot be deleted/],
  ];
  for (const [args, said] of cases) {
    const { code, err, out } = await runMinilab(args, { settings });
    assert.equal(code, 1, args.join(' '));
    assert.match(err, said);
    assert.equal(out, '');
  }
});

test('a server that others may reach does not start without a key, and starts with MINILAB_KEY', async () => {
  const settings = { DATABASE_URL: await migratedDatabase(), HOST: '0.0.0.0' };
  await using folder = await newFolder();
  const refused = await runMinilab(['serve', '--no-worker'], {
    settings: { ...settings, DATA_DIR: folder.path },
  });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /HOST is 0\.0\.0\.0.*keys create NAME, or set MINILAB_KEY; a new one: ml_/);
  const [key = ''] = /ml_[0-9A-Za-z]{38}/.exec(refused.err) ?? [];
  const withKey = { ...settings, DATA_DIR: folder.path, MINILAB_KEY: key };
  await using server = await startMinilab('serve --no-worker', withKey);
  await until(() => /The API needs a key; 1 is valid, of 1 tenant\./.test(server.said()));
  const get = (bearer: string): Promise<Response> =>
    fetch(`${server.url}/v1/keys`, { headers: { authorization: `Bearer ${bearer}` } });
  assert.equal((await get(key)).status, 200);
  assert.equal((await get(newApiKey())).status, 401);
  const { out } = await runMinilab(['keys', 'list'], { settings: withKey });
  assert.match(out, /MINILAB_KEY +default +admin .*active, from MINILAB_KEY/);
});
