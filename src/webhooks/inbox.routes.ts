import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { keepMessage, listMessages, type MessageRow } from './inbox.ts';
import { newSecret, verify, verifyHubSignature } from './signing.ts';

export type InboxParts = { db: Db; tenantId: number; secrets: ReadonlyMap<string, string> };

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_ID_CHARACTERS = 200;
const SECRET_HEADERS = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'webhook-signature',
  'x-hub-signature',
  'x-hub-signature-256',
]);
// An unknown source is checked like a known one, against a secret that nobody has, so that the time does not tell them apart.
const NOBODYS_SECRET = newSecret();

const Message = Type.Object({
  source: Type.String(),
  id: Type.String(),
  received_at: Type.String({ format: 'date-time' }),
  times_received: Type.Integer(),
  headers: Type.Record(Type.String(), Type.String()),
  body: Type.String({ description: 'As it was sent' }),
});

/** The receiver of other systems' webhooks: verified, de-duplicated, logged. */
export const inboxRoutes: FastifyPluginAsyncTypebox<InboxParts> = async (app, { db, tenantId, secrets }) => {
  app.get(
    '/v1/webhooks/inbox',
    {
      schema: {
        summary: 'Messages received, newest first',
        querystring: Type.Object(PageQuery),
        response: { 200: PageOf(Message) },
      },
    },
    async ({ query: { limit = PAGE_SIZE, cursor } }) => {
      const before = readCursor(cursor) as [string, string, string] | undefined;
      const rows = await listMessages(db, { tenantId, limit: limit + 1, before });
      return pageOf(rows, limit, {
        item: messageBody,
        cursor: (row) => [row.received_at.toISOString(), row.source, row.message_id],
      });
    },
  );

  await app.register(receiver, { db, tenantId, secrets });
};

const receiver: FastifyPluginAsyncTypebox<InboxParts> = async (app, { db, tenantId, secrets }) => {
  // The signature is over the bytes as they came, whatever their type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post(
    '/v1/webhooks/inbox/:source',
    {
      bodyLimit: MAX_MESSAGE_BYTES,
      schema: {
        summary: 'Receive a webhook',
        description:
          'Signed as Standard Webhooks say, or with X-Hub-Signature-256. A message that comes again is one message. No API key is needed.',
        params: Type.Object({ source: Type.String() }),
        response: { 200: Type.Object({ ok: Type.Boolean() }), 401: ProblemAnswer },
      },
    },
    async ({ params: { source }, headers, body }) => {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      const messageId = verifiedId(secrets.get(source) ?? NOBODYS_SECRET, headers, bytes);
      if (messageId === undefined)
        throw new Problem('not_verified', {
          detail: 'There is no such source, or the signature is not right, or it is too old.',
        });
      await keepMessage(db, { tenantId, source, messageId, headers: withoutSecrets(headers), body: bytes });
      return { ok: true };
    },
  );
};

/** The id of a message that is what it says, or undefined. GitHub's form has an id in a header that is not signed. */
function verifiedId(secret: string, headers: IncomingHttpHeaders, body: Buffer): string | undefined {
  if (verify(secret, headers, { body, now: Date.now() }))
    return String(headers['webhook-id']).slice(0, MAX_ID_CHARACTERS);
  const hub = headers['x-hub-signature-256'];
  if (typeof hub !== 'string' || !verifyHubSignature(secret, hub, body)) return undefined;
  const id = headers['x-github-delivery'] ?? createHash('sha256').update(body).digest('hex');
  return String(id).slice(0, MAX_ID_CHARACTERS);
}

function withoutSecrets(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function messageBody(row: MessageRow) {
  return {
    source: row.source,
    id: row.message_id,
    received_at: row.received_at.toISOString(),
    times_received: row.times_received,
    headers: row.headers,
    body: row.body.toString('utf8'),
  };
}
