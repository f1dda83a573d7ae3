import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { isText, PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { tenantOf } from '../http/principal.ts';
import { problems } from '../http/document/problems.ts';
import { ProblemAnswer } from '../http/problem.ts';
import {
  countMessages,
  findMessage,
  keepMessage,
  listMessages,
  type MessageRow,
  databaseNow,
} from './inbox.ts';
import { isTimely, newSecret, signedAt, verifyHubSignature } from './signing.ts';

export type InboxParts = {
  db: Db;
  /** whose inbox it is: INBOX_SECRETS is the operator's setting */
  tenantId: number;
  secrets: ReadonlyMap<string, string>;
};

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_ID_CHARACTERS = 500; // an index entry of PostgreSQL has at most 2700 bytes, and cursors contain the id
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
// An unknown source is verified against a secret that nobody has, so that timing does not reveal it.
const UNKNOWN_SECRET = newSecret();

const Message = Type.Object(
  {
    source: Type.String(),
    id: Type.String(),
    received_at: Type.String({ format: 'date-time' }),
    times_received: Type.Integer(),
    headers: Type.Record(Type.String(), Type.String()),
    body: Type.String({ description: 'The body as text' }),
    body_base64: Type.Optional(Type.String({ description: 'The bytes of a body that is not UTF-8' })),
  },
  { 'x-name': 'InboxMessage' },
);

const MessagePage = Type.Object(
  {
    ...PageOf(Message).properties,
    count: Type.Optional(
      Type.Integer({ description: 'With counts=true: how many messages there are; at most 10,000' }),
    ),
  },
  { 'x-name': 'InboxMessagePage' },
);

/** When a message was received, its source and its id. */
function isPlace(value: unknown): value is [string, string, string] {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    value.every(isText) &&
    !Number.isNaN(Date.parse(String(value[0])))
  );
}

/** Receives webhooks of other systems: verified, deduplicated, logged. */
export const inboxRoutes: FastifyPluginAsyncTypebox<InboxParts> = async (app, { db, tenantId, secrets }) => {
  app.get(
    '/v1/webhooks/inbox',
    {
      schema: {
        operationId: 'listInboxMessages',
        summary: 'List received messages, newest first',
        querystring: Type.Object({
          ...PageQuery,
          bodies: Type.Optional(
            Type.Boolean({
              default: true,
              description: 'false: every `body` is empty; the message itself has it',
            }),
          ),
          counts: Type.Optional(Type.Boolean({ description: 'Whether to count the messages on all pages' })),
        }),
        response: { 200: MessagePage },
      },
    },
    async (request) => {
      const { limit = PAGE_SIZE, cursor, bodies = true, counts } = request.query;
      const tenant = tenantOf(request);
      const before = readCursor(cursor, isPlace);
      const rows = await listMessages(db, { tenantId: tenant, limit: limit + 1, before, bodies });
      const page = pageOf(rows, limit, {
        item: messageBody,
        cursor: (row) => [row.received_at.toISOString(), row.source, row.message_id],
      });
      return counts ? { ...page, count: await countMessages(db, tenant) } : page;
    },
  );

  app.get(
    '/v1/webhooks/inbox/:source/:message',
    {
      schema: {
        operationId: 'getInboxMessage',
        summary: 'One received message',
        description: 'An id longer than 200 characters is found in the list only.',
        params: Type.Object({ source: Type.String(), message: Type.String({ description: 'Its id' }) }),
        response: { 200: Message, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const { source, message: messageId } = request.params;
      const row = await findMessage(db, { tenantId: tenantOf(request), source, messageId });
      if (!row)
        throw new Problem('not_found', { detail: `There is no message ${messageId} from ${source}.` });
      return messageBody(row);
    },
  );

  await app.register(receiver, { db, tenantId, secrets });
};

const receiver: FastifyPluginAsyncTypebox<InboxParts> = async (app, { db, tenantId, secrets }) => {
  // The signature covers the raw bytes, whatever their content type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post(
    '/v1/webhooks/inbox/:source',
    {
      bodyLimit: MAX_MESSAGE_BYTES,
      config: { access: 'public' },
      schema: {
        operationId: 'receiveInboxMessage',
        summary: 'Receive a webhook',
        description:
          'Signed according to Standard Webhooks, or with X-Hub-Signature-256. Messages are deduplicated by id. No API key is needed.',
        params: Type.Object({ source: Type.String() }),
        response: { 200: Type.Object({ ok: Type.Boolean() }), ...problems('not_verified') },
      },
    },
    async ({ params: { source }, headers, body }) => {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      const messageId = await verifiedId(db, secrets.get(source) ?? UNKNOWN_SECRET, headers, bytes);
      if (messageId === undefined)
        throw new Problem('not_verified', {
          detail: 'The source is unknown, or the signature is wrong or too old.',
        });
      await keepMessage(db, { tenantId, source, messageId, headers: withoutSecrets(headers), body: bytes });
      return { ok: true };
    },
  );
};

/** The id of a message with a valid signature, otherwise undefined. GitHub's signature does not cover the id. */
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

/** Different ids stay different, however long: a long one is shortened to its start and its SHA-256. */
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
