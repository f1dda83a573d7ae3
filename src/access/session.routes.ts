import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { audited } from './audit.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { Nullable } from '../http/nullable.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { publicId } from '../ids.ts';
import { refuseForeignOrigin, sessionCookie, sessionIdOf } from './cookie.ts';
import type { FailureLimit } from './failed-authentication.ts';
import { checkedKey, orRefused, principalOf, withChallenge } from './identify.ts';
import { ScopeBody } from './key.body.ts';
import type { Keyring } from './keyring.ts';
import { beginSession, endSession } from './sessions.ts';
import { tenantName } from './tenants.ts';

export type SessionParts = {
  db: Db;
  keyring: Keyring;
  publicUrl: string;
  failures: FailureLimit;
  hasExample: boolean;
  /** @throws Problem `too_many_requests` */
  limit(request: FastifyRequest, reply: FastifyReply): Promise<void>;
};

const Session = Type.Object(
  {
    needs_key: Type.Boolean({
      description: 'Whether requests need a key; without any key, only this machine can send requests',
    }),
    tenant: Type.String(),
    scope: ScopeBody,
    key: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
    has_example: Type.Boolean({ description: 'Whether there is a GET /v1/example.csv' }),
  },
  { 'x-name': 'Session' },
);

const SignIn = Type.Object(
  { key: Type.String({ maxLength: 200, description: 'An API key' }) },
  { additionalProperties: false },
);

/** For the web page, which cannot send `Authorization` with every request: an event stream has no headers. */
export const sessionRoutes: FastifyPluginAsyncTypebox<SessionParts> = async (app, parts) => {
  const { db, keyring, publicUrl, failures, limit } = parts;
  const shared = { needs_key: true, has_example: parts.hasExample };

  app.post(
    '/v1/session',
    {
      config: { access: 'public', audit: 'session.create' },
      schema: {
        summary: 'Sign in with an API key',
        description:
          'Answers with a cookie (HttpOnly, SameSite=Strict) that stands for the key: for 12 hours after its last use, 7 days at most, and no longer than the key is valid. With the cookie, a request that changes something needs an Origin of this server.',
        body: SignIn,
        response: { 201: Session, 401: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      if (request.headers.origin !== undefined) refuseForeignOrigin(request, publicUrl);
      if (!(await keyring.needsKeys()))
        throw new Problem('conflict', { detail: 'This server has no API keys, so nobody needs to sign in.' });
      const key = request.body.key.trim();
      const holder = await failures
        .guard(request, key, () => findHolder(key))
        .catch((error: unknown) => {
          throw withChallenge(reply, error);
        });
      request.principal = principalOf(holder);
      await limit(request, reply); // each session is stored, and so is its entry in the audit log
      const id = await audited(request, db, (trx) => beginSession(trx, holder));
      failures.accept(id);
      const { tenant, scope, key_id, name } = holder;
      return reply
        .code(201)
        .header('set-cookie', sessionCookie(request, publicUrl, id))
        .header('cache-control', 'no-store')
        .send({ ...shared, tenant, scope, key: { id: publicId('key', key_id), name } });
    },
  );

  app.get(
    '/v1/session',
    {
      schema: {
        summary: 'Who is signed in',
        description: 'Of the key or the session cookie of the request.',
        response: { 200: Session },
      },
    },
    async ({ principal }, reply): Promise<Static<typeof Session>> => {
      if (!principal) throw new Error('this route is not public');
      const { tenantId, scope, key } = principal;
      void reply.header('cache-control', 'no-store');
      const tenant = await tenantName(db, tenantId);
      return { ...shared, needs_key: key !== undefined, tenant, scope, key: key ?? null };
    },
  );

  app.delete(
    '/v1/session',
    {
      config: { access: 'read', audit: 'session.delete' },
      schema: { summary: 'Sign out', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const id = sessionIdOf(request, publicUrl);
      if (id !== undefined) {
        await audited(request, db, (trx) => endSession(trx, id));
        keyring.forgetSession(id);
      }
      request.isAudited = true; // nothing happened without a session
      return reply
        .code(204)
        .header('set-cookie', sessionCookie(request, publicUrl, undefined))
        .send(null);
    },
  );

  async function findHolder(key: string) {
    return orRefused(await keyring.ofKey(checkedKey(key)));
  }
};
