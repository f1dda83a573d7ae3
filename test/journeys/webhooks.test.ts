import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { openDatabase } from '../../src/db/database.ts';
import { newSecret, sign } from '../../src/webhooks/signing.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import {
  type Batch,
  json,
  type Running,
  runMinilab,
  startMinilab,
  untilEnded,
  upload,
} from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

type Received = { path: string; headers: IncomingHttpHeaders; body: string };
type WithWebhook = Batch & {
  webhook: { state: string; last_status: number | null; next_attempt_at: string | null } | null;
  webhook_secret?: string;
};

/** A receiver of webhooks that answers as the test says. */
async function startReceiver(answer: (received: Received, response: ServerResponse, count: number) => void) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = {
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    received.push(message);
    answer(message, response, received.filter(({ path }) => path === message.path).length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function until<T>(found: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let i = 0; i < 600; i += 1, await sleep(25)) {
    const result = await found();
    if (result !== undefined) return result;
  }
  throw new Error('it does not come to pass');
}

describe('webhooks', () => {
  const secret = newSecret();
  const inboxSecret = newSecret();
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  let database: string;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  before(async () => {
    folder = await newFolder();
    database = await migratedDatabase();
    const picture = await smallPicture(1);
    origin = await startOrigin((path) => (path.startsWith('/good') ? picture : undefined));
    receiver = await startReceiver(({ path }, response, count) => {
      if (path === '/flaky') response.writeHead(count < 3 ? 500 : 204).end(count < 3 ? 'not now' : undefined);
      else if (path === '/moved') response.writeHead(302, { location: '/elsewhere' }).end();
      else if (path === '/gone') response.writeHead(410).end();
      else if (path !== '/hangs') response.writeHead(200).end('thanks');
    });
    minilab = await startMinilab('serve', {
      DATA_DIR: folder.path,
      DATABASE_URL: database,
      WEBHOOK_URL: `${receiver.url}/configured`,
      WEBHOOK_SECRET: secret,
      WEBHOOK_SCHEDULE: '0,100ms,100ms,100ms',
      WEBHOOK_TIMEOUT: '2s',
      INBOX_SECRETS: `shop=${inboxSecret}`,
    });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    receiver.close();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function runBatch(fields: Record<string, string>, path = '/good.jpg'): Promise<WithWebhook> {
    const response = await upload(minilab.url, `Image\n${origin.url}${path}\n`, fields);
    const accepted = await json<WithWebhook>(response);
    assert.equal(response.status, 202, JSON.stringify(accepted));
    await untilEnded(accepted.links.self);
    return accepted;
  }

  const status = (batch: Batch): Promise<WithWebhook> => json<WithWebhook>(fetch(batch.links.self));
  const settled = (batch: Batch): Promise<WithWebhook> =>
    until(async () => {
      const now = await status(batch);
      return now.webhook?.state === 'pending' ? undefined : now;
    });
  const got = (path: string, batch: Batch): Received[] =>
    receiver.received.filter((message) => message.path === path && message.body.includes(batch.id));

  test('WEBHOOK_URL hears of a batch, signed, with its counts and where its results are', async () => {
    const batch = await runBatch({});
    assert.equal(batch.webhook_secret, undefined);
    const shown = await settled(batch);
    assert.deepEqual(shown.webhook, { state: 'delivered', last_status: 200, next_attempt_at: null });
    const [message] = got('/configured', batch);
    assert.ok(message);
    assert.match(String(message.headers['webhook-id']), /^evt_/);
    const event = new Webhook(secret).verify(message.body, message.headers as Record<string, string>) as {
      type: string;
      data: { batch: Batch };
    };
    assert.equal(event.type, 'batch.completed');
    assert.deepEqual(event.data.batch.counts, shown.counts);
    assert.equal((await fetch(event.data.batch.links.output_csv)).status, 200);
    assert.equal(got('/configured', batch).length, 1);
  });

  test('a batch with a callback_url has a secret of its own, and is told there only', async () => {
    const batch = await runBatch({ callback_url: `${receiver.url}/mine` }, '/missing.jpg');
    assert.equal((await settled(batch)).webhook?.state, 'delivered');
    const [message] = got('/mine', batch);
    assert.ok(message && batch.webhook_secret);
    const headers = message.headers as Record<string, string>;
    assert.equal(
      (new Webhook(batch.webhook_secret).verify(message.body, headers) as { type: string }).type,
      'batch.failed',
    );
    assert.throws(() => new Webhook(secret).verify(message.body, headers));
    assert.deepEqual(got('/configured', batch), []);
    assert.equal((await status(batch)).webhook_secret, undefined, 'it is told once');
  });

  test('a receiver that fails is tried again by the schedule, with the same id, and every attempt is kept', async () => {
    const batch = await runBatch({ callback_url: `${receiver.url}/flaky` });
    assert.deepEqual((await settled(batch)).webhook, {
      state: 'delivered',
      last_status: 204,
      next_attempt_at: null,
    });
    const messages = got('/flaky', batch);
    assert.equal(messages.length, 3);
    assert.equal(new Set(messages.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal(new Set(messages.map(({ body }) => body)).size, 1);
    const { db } = openDatabase(database);
    const { rows } = await sql<{ status: number; answer: string }>`
      select a.status, a.answer from webhook_attempts a
      join webhook_deliveries d using (tenant_id, delivery_id)
      join webhook_endpoints p using (tenant_id, endpoint_id)
      where p.url = ${`${receiver.url}/flaky`} order by a.attempt`.execute(db);
    await db.destroy();
    assert.deepEqual(rows, [
      { status: 500, answer: 'not now' },
      { status: 500, answer: 'not now' },
      { status: 204, answer: '' },
    ]);
  });

  test('a redirect is a failure and is not followed; 410 ends it at once; a hanging receiver delays no other', async () => {
    const hanging = await runBatch({ callback_url: `${receiver.url}/hangs` });
    const gone = await runBatch({ callback_url: `${receiver.url}/gone` });
    const moved = await runBatch({ callback_url: `${receiver.url}/moved` });
    assert.deepEqual((await settled(gone)).webhook, {
      state: 'exhausted',
      last_status: 410,
      next_attempt_at: null,
    });
    assert.equal(got('/gone', gone).length, 1);
    assert.deepEqual((await settled(moved)).webhook, {
      state: 'exhausted',
      last_status: 302,
      next_attempt_at: null,
    });
    assert.equal(got('/moved', moved).length, 4);
    assert.deepEqual(got('/elsewhere', moved), []);
    const waiting = await until(async () => {
      const now = await status(hanging);
      return got('/hangs', hanging).length > 0 && now.webhook?.next_attempt_at ? now : undefined;
    });
    assert.equal(waiting.webhook?.state, 'pending');
    assert.equal(waiting.webhook?.last_status, null);
  });

  test('a callback_url that cannot be used is refused at once', async () => {
    const refused = ['ftp://example.com/', 'nonsense', 'https://user:pw@example.com/'];
    const inside = ['http://10.0.0.7/', 'http://0x0a000007/', 'http://[::1]/', 'http://[::ffff:10.0.0.7]/'];
    const metadata = ['http://169.254.169.254/', 'http://[fd00:ec2::254]/'];
    const ports = ['http://93.184.215.14:22/'];
    for (const url of [...refused, ...inside, ...metadata, ...ports]) {
      const response = await upload(minilab.url, `Image\n${origin.url}/good.jpg\n`, { callback_url: url });
      assert.equal(response.status, 400, url);
      assert.match((await json<{ detail: string }>(response)).detail, /callback_url cannot be used/);
    }
  });

  test('WEBHOOK_URL that nothing can ever be sent to is refused at start', async () => {
    const settings = { WEBHOOK_SECRET: newSecret(), WEBHOOK_URL: 'http://10.0.0.5/hook' };
    const { code, err } = await runMinilab(['serve'], {
      settings: { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase(), ...settings },
    });
    assert.equal(code, 1);
    assert.match(err, /WEBHOOK_URL cannot be used: 10\.0\.0\.5 is not a public address/);
  });

  test('WEBHOOK_URL without a secret is refused at start, and no secret is ever printed', async () => {
    const { code, err } = await runMinilab(['serve'], {
      settings: {
        DATA_DIR: folder.path,
        WEBHOOK_URL: 'https://example.com/',
        WEBHOOK_SECRET: 'mysecret',
        INBOX_SECRETS: 'a=hush',
      },
    });
    assert.equal(code, 1);
    assert.match(err, /WEBHOOK_SECRET must be whsec_/);
    assert.match(err, /INBOX_SECRETS is not valid/);
    assert.doesNotMatch(err, /mysecret|hush/);
  });

  describe('the inbox', () => {
    const inbox = (): string => `${minilab.url}/v1/webhooks/inbox`;
    const send = (source: string, headers: Record<string, string>, body: string): Promise<Response> =>
      fetch(`${inbox()}/${source}`, { method: 'POST', headers, body });

    test('takes a message once, however often it comes, and keeps no signature', async () => {
      const body = '{"type":"order.created",  "n":1}';
      const headers = {
        ...sign(inboxSecret, { id: 'msg_1', at: Date.now(), body }),
        'content-type': 'application/json',
      };
      assert.equal((await send('shop', headers, body)).status, 200);
      assert.equal((await send('shop', headers, body)).status, 200);
      type Page = {
        items: {
          id: string;
          source: string;
          times_received: number;
          body: string;
          headers: Record<string, string>;
        }[];
      };
      const { items } = await json<Page>(fetch(inbox()));
      assert.equal(items.length, 1);
      const [message] = items;
      assert.deepEqual(
        [message?.id, message?.source, message?.times_received, message?.body],
        ['msg_1', 'shop', 2, body],
      );
      assert.equal(message?.headers['webhook-signature'], undefined);
      assert.equal(message?.headers['content-type'], 'application/json');
      assert.deepEqual(await json(fetch(`${inbox()}/shop/msg_1`)), message);
      assert.equal((await fetch(`${inbox()}/other/msg_1`)).status, 404);
    });

    type Message = { id: string; body: string; body_base64?: string; times_received: number };
    const messages = async (): Promise<Message[]> => (await json<{ items: Message[] }>(fetch(inbox()))).items;
    const signed = (id: string, body: Buffer) => {
      const key = Buffer.from(inboxSecret.slice('whsec_'.length), 'base64');
      const at = String(Math.floor(Date.now() / 1000));
      const signature = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64');
      return { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` };
    };

    test('messages whose ids differ late are several, and each is counted for itself', async () => {
      for (const length of [200, 500, 4_000])
        for (const end of ['a', 'b', 'b']) {
          const id = 'm'.repeat(length - 1) + end;
          assert.equal((await send('shop', signed(id, Buffer.from('{}')), '{}')).status, 200);
        }
      const kept = (await messages()).filter(({ id }) => id.startsWith('mmm'));
      const times = kept.map(({ times_received }) => times_received);
      assert.deepEqual(times, [2, 1, 2, 1, 2, 1], 'newest first');
      assert.ok(kept.some(({ id }) => id === `${'m'.repeat(499)}b`));
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: { items: Message[]; next_cursor: string | null } = await json(
          fetch(`${inbox()}?limit=1${cursor && `&cursor=${cursor}`}`),
        );
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      assert.equal(new Set(ids).size, ids.length);
      assert.ok(kept.every(({ id }) => ids.includes(id)));
    });

    test('a body keeps its bytes, also where they are no UTF-8, or none, or of whatever type', async () => {
      const latin = Buffer.from('{"name":"K\xe4se"}', 'latin1');
      const bodies = { m_latin: latin, m_empty: Buffer.alloc(0), m_zero: Buffer.from([0, 255, 0]) };
      for (const [id, body] of Object.entries(bodies))
        for (const type of ['application/json', 'application/x-protobuf', '']) {
          const headers = { ...signed(`${id}-${type}`, body), ...(type && { 'content-type': type }) };
          const answer = await fetch(`${inbox()}/shop`, { method: 'POST', headers, body });
          assert.equal(answer.status, 200, `${id} ${type}`);
        }
      const kept = await messages();
      for (const [id, body] of Object.entries(bodies)) {
        const found = kept.filter((message) => message.id.startsWith(id));
        assert.equal(found.length, 3, id);
        for (const message of found) assert.deepEqual(Buffer.from(message.body_base64 ?? '', 'base64'), body);
        assert.equal(found[0]?.body, body.toString('utf8'));
      }
      assert.equal(kept.find(({ id }) => id === 'msg_1')?.body_base64, undefined);
    });

    test('answers the same to a forged message and to an unknown source, and refuses what is old or too large', async () => {
      const body = 'x';
      const good = sign(inboxSecret, { id: 'msg_2', at: Date.now(), body });
      const old = sign(inboxSecret, { id: 'msg_3', at: Date.now() - 400_000, body });
      const answers = [
        await send('shop', { ...sign(newSecret(), { id: 'msg_2', at: Date.now(), body }) }, body),
        await send('nobody', { ...good }, body),
        await send('shop', { ...old }, body),
        await send('shop', {}, body),
        await send('shop', { ...good }, 'y'),
      ];
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      assert.deepEqual(
        answers.map((answer) => answer.status),
        [401, 401, 401, 401, 401],
      );
      assert.equal(new Set(texts).size, 1);
      const large = 'x'.repeat(300_000);
      const tooLarge = await send(
        'shop',
        { ...sign(inboxSecret, { id: 'msg_4', at: Date.now(), body: large }) },
        large,
      );
      assert.equal(tooLarge.status, 413);
    });
  });
});
