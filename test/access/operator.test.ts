import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { listAudit } from '../../src/access/audit.queries.ts';
import { configureKey } from '../../src/access/configured-key.ts';
import { newApiKey } from '../../src/access/api-key.ts';
import { openDatabase } from '../../src/db/database.ts';
import { LAST_UUID } from '../../src/ids.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { runMinilab } from '../support/minilab.ts';

test('what an operator does on the command line is in the audit log, and limits are shown with their use', async () => {
  await using folder = await newFolder();
  const url = await migratedDatabase();
  const settings = { DATABASE_URL: url, DATA_DIR: folder.path };
  const run = async (...args: string[]) => runMinilab(args, { settings });

  await run('tenants', 'create', 'acme');
  const limits = ['--images-per-day', '1000', '--stored-bytes', '50GB', '--batches-at-once', '2'];
  assert.equal((await run('tenants', 'set', 'acme', ...limits)).code, 0);
  assert.equal((await run('tenants', 'set', 'acme', '--batches-at-once', 'none')).code, 0);
  const { out } = await run('tenants', 'list', '--json');
  const { items } = JSON.parse(out) as { items: { name: string; limits: object }[] };
  assert.deepEqual(items.find(({ name }) => name === 'acme')?.limits, {
    requests_per_second: null,
    batches_at_once: null,
    images_per_day: 1000,
    stored_bytes: 50e9,
  });
  assert.match((await run('tenants', 'list')).out, /acme .* 0 of 1000 +0 bytes of 50\.0 GB +default/);

  for (const [option, value] of [
    ['--images-per-day', '-1'],
    ['--requests-per-second', '0'],
    ['--stored-bytes', 'much'],
  ] as const) {
    const { code, err } = await run('tenants', 'set', 'acme', `${option}=${value}`);
    assert.equal(code, 1);
    assert.match(err, new RegExp(`${option} is "${value}", and must be`));
  }
  assert.match((await run('tenants', 'set', 'acme')).err, /at least one limit/);
  assert.match((await run('tenants', 'set', 'nobody', '--images-per-day', '1')).err, /no tenant "nobody"/);

  const preset = join(folder.path, 'mine.json');
  await writeFile(preset, JSON.stringify({ renditions: [{ name: 'a' }] }));
  await run('presets', 'add', preset);
  await run('presets', 'remove', 'mine');
  const { out: key } = await run('keys', 'create', 'shop', '--tenant', 'acme', '--scope', 'write');
  await run('keys', 'revoke', 'shop', '--tenant', 'acme');
  await run('tenants', 'delete', 'acme');
  await run('keys', 'reset');

  const { db } = openDatabase(url);
  const actions = async (tenantId: number): Promise<unknown[]> => {
    const entries = await listAudit(db, { tenantId, before: LAST_UUID, limit: 100 });
    assert.ok(entries.every(({ actor, key_id, status }) => actor !== 'key' && !key_id && status === null));
    assert.ok(!JSON.stringify(entries).includes(key.trim()));
    return entries.toReversed().map((entry) => `${entry.action} ${entry.object_id ?? ''}`.trim());
  };
  assert.deepEqual(await actions(1), [
    'tenant.create acme',
    'tenant.limit acme',
    'tenant.limit acme',
    'preset.put mine',
    'preset.delete mine',
    'tenant.delete acme',
    'key.reset',
  ]);
  const ofAcme = (await actions(2)).map((entry) => String(entry).split(' ')[0]);
  assert.deepEqual(ofAcme, ['key.create', 'key.revoke']);

  const [first, second] = [newApiKey(), newApiKey()];
  for (const one of [first, first, second, first, undefined]) await configureKey(db, one);
  const configured = (await actions(1)).slice(7).map((entry) => String(entry).split(' ')[0]);
  assert.deepEqual(configured, [
    'key.create',
    ...['key.revoke', 'key.create'],
    ...['key.revoke', 'key.restore'],
    'key.revoke',
  ]);
  await db.destroy();
});
