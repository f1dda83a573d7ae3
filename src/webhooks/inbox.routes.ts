import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { keepMessage, listMessages, type MessageRow, databaseNow } from './inbox.ts';
import { isTimely, newSecret, signedAt, verifyHubSignature } from './signing.ts';

export type InboxParts = { db: Db; tenantId: number; secrets: ReadonlyMap<string, string> };

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_ID_CHARACTERS = 500; // PostgreSQL's index takes 2700 bytes, and cursors name it
const SECRET_HEADERS = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'webhook-signature',
  'x-hub-signature',
  'x-hub-signature-256',
  'x-api-key',
  'x-gitlab-token',
]);
// An unknown source is checked like a known one, against a secret that nobody has, so that the time does not tell them apart.
const NOBODYS_SECRET = newSecret();

const Message = Type.Object({
  source: Type.String(),
  id: Type.String(),
  received_at: Type.String({ format: 'date-time' }),
  times_received: Type.Integer(),
  headers: Type.Record(Type.String(), Type.String()),
  body: Type.String({ description: 'As it was sent, where that is UTF-8' }),
  body_base64: Type.Optional(
    Type.String({ description: 'The bytes as they were sent, where these are not UTF-8' }),
  ),
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
      const messageId = await verifiedId(db, secrets.get(source) ?? NOBODYS_SECRET, headers, bytes);
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
async function verifiedId(
  db: Db,
  secret: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<string | undefined> {
  const at = signedAt(secret, headers, body);
  if (at !== undefined && isTimely(at, await databaseNow(db))) return idOf(String(headers['webhook-id']));
  const hub = headers['x-hub-signature-256'];
  if (typeof hub !== 'string' || !verifyHubSignature(secret, hub, body)) return undefined;
  return idOf(String(headers['x-github-delivery'] || sha256(body)));
}

/** Two ids that differ stay two, however long they are: the end of a longer one is its SHA-256. */
function idOf(id: string): string {
  return id.length <= MAX_ID_CHARACTERS ? id : `${id.slice(0, 200)}…${sha256(id)}`;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
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
    ...(!isUtf8(row.body) && { body_base64: row.body.toString('base64') }),
  };
}
