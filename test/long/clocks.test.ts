import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { HOUR_MS } from '../../src/units.ts';
import { newSecret, sign } from '../../src/webhooks/signing.ts';
import { shiftedBy } from '../support/clocks.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

for (const hours of [3, -3])
  test(`a process whose clock is ${hours} h off delays, refuses and misdates nothing`, async () => {
    await using folder = await newFolder();
    const [secret, inboxSecret, picture] = [newSecret(), newSecret(), await smallPicture(1)];
    await using origin = await startOrigin((path) => (_request, response) => {
      if (path === '/late.jpg' && origin.requests.get(path) === 1) response.writeHead(500).end();
      else response.end(picture);
    });
    const { promise: told, resolve: tell } = Promise.withResolvers<[string, Record<string, string>]>();
    await using receiver = await startOrigin((path) => async (request, response) => {
      const chunks = await request.toArray();
      if ((receiver.requests.get(path) ?? 0) < 3) return void response.writeHead(500).end();
      response.end();
      tell([Buffer.concat(chunks).toString(), request.headers as Record<string, string>]);
    });
    await using minilab = await startMinilab('serve', {
      DATA_DIR: folder.path,
      DATABASE_URL: await migratedDatabase(),
      NODE_OPTIONS: shiftedBy(hours),
      WEBHOOK_URL: `${receiver.url}/hook`,
      WEBHOOK_SECRET: secret,
      WEBHOOK_SCHEDULE: '0,100ms,100ms',
      INBOX_SECRETS: `shop=${inboxSecret}`,
    });

    const isNow = (time: string | null | undefined): void =>
      assert.ok(Math.abs(Date.parse(time ?? '') - Date.now()) < 120_000, `${time} is not now`);
    const csv = `Image\n${origin.url}/good.jpg\n${origin.url}/late.jpg\nnonsense://x/y.jpg\n`;
    const fields = { on_invalid: 'skip', deadline_hours: '1' };
    const accepted = await json<Batch>(upload(minilab.url, csv, fields));
    const batch = await untilEnded(accepted.links.self);
    assert.deepEqual(batch.errors_by_code, { invalid_url: 1 });
    assert.equal(batch.counts.completed, 2);
    const images = await json<{ items: { ended_at?: string | null }[] }>(fetch(batch.links.images));
    for (const { ended_at } of images.items) isNow(ended_at);

    const [body, headers] = await told; // the third attempt; a library refuses what is five minutes off
    isNow((new Webhook(secret).verify(body, headers) as { timestamp: string }).timestamp);

    const message = sign(inboxSecret, { id: 'msg_1', at: Date.now(), body: 'x' });
    const answer = await fetch(`${minilab.url}/v1/webhooks/inbox/shop`, {
      method: 'POST',
      headers: { ...message },
      body: 'x',
    });
    assert.equal(answer.status, 200);

    for (const [expiresInMs, status] of [
      [-HOUR_MS, 400],
      [HOUR_MS, 201],
    ] as const) {
      const key = {
        name: 'shop',
        scope: 'read',
        expires_at: new Date(Date.now() + expiresInMs).toISOString(),
      };
      const created = await fetch(`${minilab.url}/v1/keys`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(key),
      });
      assert.equal(created.status, status, await created.text());
    }
  });
