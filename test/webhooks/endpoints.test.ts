import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { configureEndpoint } from '../../src/webhooks/endpoints.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { acceptUrls } from '../support/batches.ts';
import type { Received } from '../support/receiver.ts';
import { deliver } from '../support/webhook-api.ts';
import {
  addTenant,
  endBatch,
  type Endpoint,
  type Page,
  register,
  setUpWebhooks,
} from '../support/webhook-setup.ts';

test('an endpoint is registered, shown without its secret, changed and deleted', async () => {
  await using setup = await setUpWebhooks();
  const { api } = setup;
  const url = 'https://shop.example/hook';
  const made = await register(api, { url, description: 'ours' });
  assert.match(made.id, /^whe_/);
  assert.match(made.secret ?? '', /^whsec_/);
  const { secret: _, ...shown } = made;
  assert.deepEqual((await api.ask('GET', `/v1/webhooks/${made.id}`)).body, shown);
  assert.deepEqual((await api.ask('GET', '/v1/webhooks')).body, { items: [shown], next_cursor: null });
  const patched = await api.ask<Endpoint>('PATCH', `/v1/webhooks/${made.id}`, {
    event_types: ['batch.failed', 'batch.failed'],
    disabled: true,
  });
  assert.deepEqual(patched.body.event_types, ['batch.failed']);
  assert.deepEqual([patched.body.disabled, patched.body.disabled_because], [true, 'by request']);
  assert.equal(patched.body.url, url);
  const enabled = await api.ask<Endpoint>('PATCH', `/v1/webhooks/${made.id}`, { disabled: false });
  assert.deepEqual([enabled.body.disabled, enabled.body.disabled_because], [false, null]);
  assert.equal((await api.ask('DELETE', `/v1/webhooks/${made.id}`)).status, 204);
  for (const method of ['GET', 'DELETE'])
    assert.equal((await api.ask(method, `/v1/webhooks/${made.id}`)).status, 404);
});

test('what cannot be used is refused with a sentence: URLs, secrets, event types, fields', async () => {
  await using setup = await setUpWebhooks();
  const { api } = setup;
  const refused: [object, RegExp][] = [
    [{ url: 'http://10.0.0.7/' }, /url cannot be used: 10\.0\.0\.7 is not a public address/],
    [{ url: 'ftp://shop.example/' }, /url cannot be used: it must begin with http/],
    [{ url: 'https://shop.example/', secret: 'hush' }, /secret must be whsec_/],
    [{ url: 'https://shop.example/', event_types: ['webhook.test'] }, /event_types/i],
    [{ url: 'https://shop.example/', evnt_types: [] }, /evnt_types/],
    [{}, /url/],
  ];
  for (const [body, why] of refused) {
    const answer = await api.ask<{ detail: string }>('POST', '/v1/webhooks', body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.match(answer.body.detail, why);
    assert.doesNotMatch(answer.body.detail, /hush/);
  }
  const { id } = await register(api, { url: 'https://shop.example/' });
  const moved = await api.ask('PATCH', `/v1/webhooks/${id}`, { url: 'http://169.254.169.254/' });
  assert.equal(moved.status, 400);
});

test('a tenant has at most 50 registered endpoints', async () => {
  await using setup = await setUpWebhooks();
  for (let i = 0; i < 50; i += 1) await register(setup.api, { url: `https://shop.example/${i}` });
  const answer = await setup.api.ask('POST', '/v1/webhooks', { url: 'https://shop.example/' });
  assert.equal(answer.status, 409);
  const first = await setup.api.ask<Page<Endpoint>>('GET', '/v1/webhooks?limit=30');
  const second = await setup.api.ask<Page<Endpoint>>(
    'GET',
    `/v1/webhooks?limit=30&cursor=${first.body.next_cursor}`,
  );
  assert.deepEqual(
    [first.body.items.length, second.body.items.length, second.body.next_cursor],
    [30, 20, null],
  );
});

test('WEBHOOK_URL and callback endpoints are listed by kind, without secrets, and are read-only', async () => {
  await using setup = await setUpWebhooks();
  const { services, api } = setup;
  const secret = newSecret();
  await configureEndpoint(services.database.db, 1, { url: 'https://shop.example/all', secret });
  await acceptUrls(services, ['https://a.example/1.jpg'], {
    callback: { url: 'https://shop.example/one', secret },
  });
  const { items } = (await api.ask<Page<Endpoint>>('GET', '/v1/webhooks')).body;
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ['callback', 'configured'],
  );
  assert.ok(!JSON.stringify(items).includes(secret));
  for (const { id, kind } of items) {
    const of = await api.ask<Page<Endpoint>>('GET', `/v1/webhooks?kind=${kind}`);
    assert.deepEqual(
      of.body.items.map((item) => item.id),
      [id],
    );
    const changes: [string, string, object?][] = [
      ['PATCH', '', { disabled: true }],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
    ];
    for (const [method, path, body] of changes) {
      const answer = await api.ask<{ detail: string }>(method, `/v1/webhooks/${id}${path}`, body);
      assert.equal(answer.status, 409);
      assert.match(answer.body.detail, kind === 'configured' ? /WEBHOOK_URL/ : /callback_url of a batch/);
    }
  }
});

test('registered endpoints get what they asked for, beside callback_url and WEBHOOK_URL', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const { db } = services.database;
  await configureEndpoint(db, 1, { url: `${receiver.url}/configured`, secret: newSecret() });
  await register(api, { url: `${receiver.url}/usual` });
  await register(api, { url: `${receiver.url}/failed`, event_types: ['batch.failed'] });
  await register(api, {
    url: `${receiver.url}/cancelled`,
    event_types: ['batch.cancelled', 'batch.started'],
  });
  await register(api, { url: `${receiver.url}/disabled`, disabled: true });
  await using _ = deliver(services);
  const batch = await acceptUrls(services, ['https://a.example/1.jpg'], {
    callback: { url: `${receiver.url}/callback`, secret: newSecret() },
  });
  await cancelBatch(db, batch, services.feed);
  const [first] = await receiver.until('/callback', 1);
  const [second] = await receiver.until('/usual', 1);
  const [third] = await receiver.until('/cancelled', 1);
  assert.equal(first?.body, second?.body);
  assert.deepEqual([first?.id, third?.id], [second?.id, second?.id]);
  await endBatch(services);
  await receiver.until('/configured', 1);
  const paths = new Set(receiver.received.map(({ path }) => path));
  assert.ok(!paths.has('/failed') && !paths.has('/disabled'), [...paths].join());
});

test('after a rotation both secrets verify, with standardwebhooks and svix, until the old one has expired', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const own = newSecret();
  const { id, secret: first } = await register(api, { url: `${receiver.url}/hook`, secret: own });
  assert.equal(first, own);
  await using _ = deliver(services);
  const verifiers = (secret: string | null | undefined) =>
    [StandardWebhook, SvixWebhook].map((Verifier) => ({ headers, body }: Received) => {
      try {
        new Verifier(secret ?? '').verify(body, headers);
        return true;
      } catch {
        return false;
      }
    });
  const rotated = await api.ask<Endpoint>('POST', `/v1/webhooks/${id}/rotate-secret`);
  assert.equal(rotated.status, 200);
  const left = Date.parse(rotated.body.old_secret_expires_at ?? '') - Date.now();
  assert.ok(left > 23 * 3_600_000 && left < 25 * 3_600_000);
  await endBatch(services);
  const [both] = await receiver.until('/hook', 1);
  assert.ok(both);
  assert.match(both.headers['webhook-signature'] ?? '', /^v1,\S+ v1,\S+$/);
  for (const verifies of [...verifiers(first), ...verifiers(rotated.body.secret)]) {
    assert.equal(verifies(both), true);
    assert.equal(verifies({ ...both, body: `${both.body} ` }), false);
  }
  await sql`update webhook_endpoints set old_until = now() - interval '1 second'`.execute(
    services.database.db,
  );
  await endBatch(services);
  const late = (await receiver.until('/hook', 2))[1];
  assert.ok(late);
  assert.ok(verifiers(first).every((verifies) => !verifies(late)));
  assert.ok(verifiers(rotated.body.secret).every((verifies) => verifies(late)));
  const now = await api.ask<Endpoint>('POST', `/v1/webhooks/${id}/rotate-secret`, { expires_in: 0 });
  assert.equal(now.body.old_secret_expires_at, null);
  await endBatch(services);
  const last = (await receiver.until('/hook', 3))[2];
  assert.ok(last);
  assert.ok(verifiers(rotated.body.secret).every((verifies) => !verifies(last)));
  assert.ok(verifiers(now.body.secret).every((verifies) => verifies(last)));
});

test('v1a: the public key verifies, also the old one after a rotation; `both` signs v1 too', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const alone = await register(api, { url: `${receiver.url}/alone`, signature: 'v1a' });
  assert.equal(alone.secret, null);
  const both = await register(api, { url: `${receiver.url}/both`, signature: 'both' });
  const rotated = (await api.ask<Endpoint>('POST', `/v1/webhooks/${alone.id}/rotate-secret`)).body;
  assert.notEqual(rotated.public_key, alone.public_key);
  await using _ = deliver(services);
  await endBatch(services);
  const [[first], [second]] = await Promise.all([receiver.until('/alone', 1), receiver.until('/both', 1)]);
  assert.ok(first && second);
  for (const { public_key } of [alone, rotated]) assert.ok(isSignedV1a(first, public_key));
  assert.ok(isSignedV1a(second, both.public_key));
  assert.ok(!isSignedV1a(second, alone.public_key));
  new StandardWebhook(both.secret ?? '').verify(second.body, second.headers);
  assert.doesNotMatch(first.headers['webhook-signature'] ?? '', /v1,/);
});

function isSignedV1a({ headers, body }: Received, publicKey: string | null): boolean {
  const raw = Buffer.from((publicKey ?? '').replace('whpk_', ''), 'base64');
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const message = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  const signatures = (headers['webhook-signature'] ?? '').split(' ').filter((one) => one.startsWith('v1a,'));
  return signatures.some((one) => verify(null, message, key, Buffer.from(one.slice(4), 'base64')));
}

test("tenants see and get their own: another's endpoint and delivery are not found", async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  await addTenant(services);
  const mine = await register(api, { url: `${receiver.url}/mine` });
  const others = await register(api, { url: `${receiver.url}/others` }, 2);
  await using _ = deliver(services);
  await endBatch(services, 2);
  await receiver.until('/others', 1);
  await endBatch(services);
  await receiver.until('/mine', 1);
  assert.equal(receiver.received.length, 2);
  const { items } = (await api.ask<Page<{ id: string }>>('GET', '/v1/deliveries')).body;
  assert.equal(items.length, 1);
  const delivery = `/v1/deliveries/${items[0]?.id}`;
  const endpoint = `/v1/webhooks/${mine.id}`;
  const requests: [string, string, object?][] = [
    ['GET', delivery],
    ['POST', `${delivery}/redeliver`],
    ['GET', endpoint],
    ['PATCH', endpoint, { disabled: true }],
    ['DELETE', endpoint],
    ['GET', `${endpoint}/deliveries`],
    ['POST', `${endpoint}/test`],
    ['POST', `${endpoint}/rotate-secret`],
    ['POST', `${endpoint}/replay?since=2026-01-01T00:00:00Z`],
  ];
  for (const [method, path, body] of requests)
    assert.equal((await api.ask(method, path, body, 2)).status, 404, `${method} ${path}`);
  const page = await api.ask<Page<Endpoint>>('GET', '/v1/webhooks', undefined, 2);
  assert.deepEqual(
    page.body.items.map(({ id }) => id),
    [others.id],
  );
});
