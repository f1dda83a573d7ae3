import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newApiKey } from '../../src/access/api-key.ts';
import { configureKey, requireKey } from '../../src/access/configured-key.ts';
import { createKey, listKeys, revokeKey } from '../../src/access/key.queries.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/db/database.ts';
import { bearer, keyOf, startApi } from '../support/api.ts';
import { newServices } from '../support/batches.ts';
import { SOON_MS, until } from '../support/until.ts';

const states = async (db: Db): Promise<string[]> =>
  (await listKeys(db, {}))
    .filter((row) => row.is_configured)
    .map(({ prefix, state }) => `${prefix} ${state}`);

test('MINILAB_KEY must be a key, and the error proposes one without showing the wrong one', () => {
  const key = newApiKey();
  assert.equal(readConfig({ MINILAB_KEY: key }).apiKey, key);
  for (const wrong of ['secret-word', `${key}x`, key.replace('ml_', 'ml-'), 'ml_'])
    assert.throws(
      () => readConfig({ MINILAB_KEY: wrong }),
      ({ message }: Error) => {
        assert.match(message, /^MINILAB_KEY is not valid, and must be an API key; a new one: ml_\w{38}\.$/);
        return !message.includes(wrong === 'ml_' ? 'ml_ ' : wrong);
      },
    );
});

test('MINILAB_KEY is an admin of the default tenant; changing it revokes the one before, and back again', async () => {
  await using api = await startApi();
  const { db } = api.services.database;
  const status = async (key: string): Promise<number> =>
    (await fetch(`${api.url}/v1/keys`, { headers: bearer(key) })).status;
  const [a, b] = [newApiKey(), newApiKey()];
  await configureKey(db, a);
  await configureKey(db, a); // the next start, or another process
  assert.deepEqual(await states(db), [`${a.slice(0, 7)} active`]);
  assert.equal(await status(a), 200);
  await configureKey(db, b);
  assert.equal(await status(b), 200);
  await until(async () => (await status(a)) === 401, SOON_MS);
  await configureKey(db, a);
  await until(async () => (await status(a)) === 200 && (await status(b)) === 401, SOON_MS);
  await configureKey(db, undefined);
  await until(async () => (await status(a)) === 401, SOON_MS);
});

test('a key that an operator revoked does not come back by a restart; other keys are no MINILAB_KEY', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const key = newApiKey();
  await configureKey(db, key);
  const [row] = await listKeys(db, {});
  await revokeKey(db, 1, row?.key_id ?? '');
  await assert.rejects(configureKey(db, key), /MINILAB_KEY was revoked\. A new one: ml_/);
  const reader = await keyOf(db, { scope: 'read' });
  await assert.rejects(configureKey(db, reader.key), /another tenant or with another scope/);
  const admin = await keyOf(db);
  await configureKey(db, admin.key);
});

test('a MINILAB_KEY that comes back says that another key has its name', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const key = newApiKey();
  await configureKey(db, key);
  await configureKey(db, undefined);
  await createKey(db, { tenantId: 1, name: 'MINILAB_KEY', scope: 'admin' });
  await assert.rejects(
    configureKey(db, key),
    /There is already a key "MINILAB_KEY"\. .* revoke that key first/,
  );
});

test('a server that others may reach starts with a key only', async () => {
  for (const settings of [{ HOST: '0.0.0.0' }, { HOST: '::' }, { TRUST_PROXY: '10.0.0.0/8' }] as Record<
    string,
    string
  >[])
    assert.equal(readConfig(settings).isExposed, true);
  for (const settings of [{}, { HOST: 'localhost' }, { HOST: '::1' }, { HOST: '127.0.0.5' }] as Record<
    string,
    string
  >[])
    assert.equal(readConfig(settings).isExposed, false);
  assert.equal(readConfig({ HOST: '0.0.0.0' }).publicUrl, 'http://localhost:3000');
  for (const wrong of ['1', 'true', 'everybody', '10.0.0.0/33'])
    assert.throws(() => readConfig({ TRUST_PROXY: wrong }), /TRUST_PROXY is .* addresses or networks/);
  await using services = await newServices();
  const { db } = services.database;
  await assert.rejects(
    requireKey(db, { host: '0.0.0.0' }),
    /keys create NAME, or set MINILAB_KEY; a new one: ml_/,
  );
  const { id } = await keyOf(db, { scope: 'read' });
  await requireKey(db, { host: '0.0.0.0' });
  await revokeKey(db, 1, id);
  await assert.rejects(requireKey(db, { host: '0.0.0.0' }));
});
