import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetKeys } from '../../src/access/key.queries.ts';
import { bearer } from '../support/api.ts';
import { raw } from '../support/http.ts';
import { startApi } from '../support/tenants-api.ts';

const REMEMBERED_MS = 2_100; // what a process knows of keys

test('after keys reset, the first request with a foreign name or from a foreign page is refused too', async () => {
  await using api = await startApi();
  const { db } = api.services.database;
  const foreign = async (line: string): Promise<unknown> => {
    const { port } = new URL(api.url);
    const request = `GET /v1/presets HTTP/1.1\r\n${line}\r\nconnection: close\r\n\r\n`;
    return (await raw(Number(port), request)).problem['code'];
  };
  for (const [line, code] of [
    ['host: evil.example', 'foreign_host'],
    ['host: localhost\r\norigin: http://evil.example', 'foreign_origin'],
  ] as const) {
    const { key } = await api.newKey();
    await sleep(REMEMBERED_MS);
    assert.equal((await fetch(`${api.url}/v1/presets`)).status, 401);
    assert.equal((await fetch(`${api.url}/v1/presets`, { headers: bearer(key) })).status, 200);
    await resetKeys(db);
    await sleep(REMEMBERED_MS);
    assert.equal(await foreign(line), code);
  }
});
