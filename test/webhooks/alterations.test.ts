/** What receivers with standardwebhooks and svix refuse: every alteration of a message as it was delivered. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { newSecret, sign } from '../../src/webhooks/signing.ts';
import { acceptUrls } from '../support/batches.ts';
import type { Received } from '../support/receiver.ts';
import { deliver } from '../support/webhook-api.ts';
import { type Endpoint, register, type Setup, setUpWebhooks } from '../support/webhook-setup.ts';

type Message = { headers: Record<string, string>; body: string | Buffer };

const NAME = 'Käse 😀 "1/2"\n\\.csv'; // of 1 to 4 bytes a character, and with escapes in JSON
const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

for (const [library, Verifier] of [
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
] as const)
  describe(`a receiver with ${library}`, () => {
    const [own, stranger] = [newSecret(), newSecret()];
    let setup: Setup;
    let endpoint: Endpoint;
    let message: Received;
    let deliveries: AsyncDisposable;

    before(async () => {
      setup = await setUpWebhooks();
      endpoint = await register(setup.api, { url: `${setup.receiver.url}/hook`, secret: own });
      deliveries = deliver(setup.services);
      message = await nextMessage(setup, 1);
    });

    after(async () => {
      await deliveries[Symbol.asyncDispose]();
      await setup[Symbol.asyncDispose]();
    });

    function accepts({ headers, body }: Message, secret = own): boolean {
      try {
        new Verifier(secret).verify(body, headers);
        return true;
      } catch {
        return false;
      }
    }

    test('accepts what was delivered, as text and as bytes, with its secret only', () => {
      assert.ok(message.body.includes('Käse 😀'));
      assert.equal(accepts(message), true);
      assert.equal(accepts({ ...message, body: Buffer.from(message.body) }), true);
      assert.equal(accepts(message, stranger), false);
    });

    test('refuses a header that is missing, empty, or has one character altered or less', () => {
      for (const name of HEADERS) {
        const value = message.headers[name] ?? '';
        const { [name]: _, ...others } = message.headers;
        assert.equal(accepts({ ...message, headers: others }), false, `no ${name}`);
        for (const altered of ['', ...alterationsOf(value)])
          assert.equal(
            accepts({ ...message, headers: { ...message.headers, [name]: altered } }),
            false,
            `${name}: ${altered} for ${value}`,
          );
      }
    });

    test('refuses a body with any byte altered, any character left out or doubled, or written another way', () => {
      const bytes = Buffer.from(message.body);
      for (const [i, byte] of bytes.entries()) {
        const altered = Buffer.from(bytes);
        altered[i] = byte ^ (1 << (i % 8));
        assert.equal(accepts({ ...message, body: altered }), false, `byte ${i}`);
      }
      const characters = Array.from(message.body);
      for (const [i, character] of characters.entries())
        for (const instead of ['', character + character]) {
          const body = characters.toSpliced(i, 1, instead).join('');
          assert.equal(accepts({ ...message, body }), false, `character ${i}`);
        }
      const written = JSON.stringify(JSON.parse(message.body), null, 1);
      const ends = [`\uFEFF${message.body}`, ` ${message.body}`, `${message.body}\n`, `${message.body}\0`];
      for (const body of ['', written, message.body.normalize('NFD'), ...ends])
        assert.equal(accepts({ ...message, body }), false, body);
    });

    test('refuses a message that is too old, or of the future, though its signature is right', () => {
      const at = (seconds: number): Message => ({
        ...message,
        headers: { ...sign(own, { id: message.id, at: Date.now() + seconds * 1_000, body: message.body }) },
      });
      assert.equal(accepts(at(-200)), true);
      assert.equal(accepts(at(-302)), false);
      assert.equal(accepts(at(3_600)), false);
    });

    test('accepts during a rotation with the old secret alone, and with the new one alone', async () => {
      const { body: rotated } = await setup.api.ask<Endpoint>(
        'POST',
        `/v1/webhooks/${endpoint.id}/rotate-secret`,
      );
      const secrets = [own, rotated.secret ?? ''];
      const both = await nextMessage(setup, 2);
      const signatures = (both.headers['webhook-signature'] ?? '').split(' ');
      assert.equal(signatures.length, 2);
      const withSignatures = (list: string[]): Message => ({
        ...both,
        headers: { ...both.headers, 'webhook-signature': list.join(' ') },
      });
      for (const secret of secrets) {
        assert.equal(accepts(both, secret), true);
        assert.equal(accepts(withSignatures(signatures.toReversed()), secret), true, 'in any order');
        assert.equal(accepts({ ...both, body: `${both.body} ` }, secret), false);
        const alone = signatures.filter((one) => accepts(withSignatures([one]), secret));
        assert.equal(alone.length, 1, 'one signature is for each');
      }
      assert.equal(accepts(both, stranger), false);
    });
  });

/** What the receiver hears of the end of a batch. */
async function nextMessage({ services, receiver }: Setup, count: number): Promise<Received> {
  const batch = await acceptUrls(services, ['https://a.example/1.jpg'], { name: NAME });
  await cancelBatch(services.database.db, batch, services.feed);
  const message = (await receiver.until('/hook', count))[count - 1];
  assert.ok(message);
  return message;
}

/** A text with each of its characters replaced by another one, and without it. */
function alterationsOf(text: string): string[] {
  return Array.from(text).flatMap((character, i) => {
    const other = /\d/.test(character) ? String((Number(character) + 1) % 10) : otherThan(character);
    return [text.slice(0, i) + other + text.slice(i + 1), text.slice(0, i) + text.slice(i + 1)];
  });
}

function otherThan(character: string): string {
  return character === 'x' ? 'y' : 'x';
}
