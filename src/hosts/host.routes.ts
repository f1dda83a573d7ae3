import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Acted, audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { ListOf, valuesAmong } from '../http/lists.ts';
import { isText, PAGE_SIZE, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { needScope, tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { timeOf } from '../http/times.ts';
import { checkHeaders, type Headers, sealHeaders } from './headers.ts';
import { uuidOf } from '../ids.ts';
import type { HostKey } from './host.ts';
import { hostBody, HostBody, HostPage } from './host.body.ts';
import {
  countHosts,
  findHost,
  hasBatch,
  FILTER_STATES,
  type HostSettings,
  listHosts,
  putHost,
} from './host.queries.ts';
import type { SecretsKey } from './secrets.ts';

export type HostParts = {
  db: Db;
  /** as HOST_CONCURRENCY is now */
  feed: { readonly hostConcurrency: number };
  secretsKey: SecretsKey;
};

const MAX_CEILING = 1024;

// One schema for "a type or null", so that the message of an error names both.
const Input = Type.Object(
  {
    ceiling: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 1,
        maximum: MAX_CEILING,
        description: 'Upper limit of `places`; null: HOST_CONCURRENCY',
      }),
    ),
    held_until: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        format: 'date-time',
        description: 'No requests before this time; null lifts every hold',
      }),
    ),
    headers: Type.Optional(
      Type.Unsafe<Headers | null>({
        type: ['object', 'null'],
        additionalProperties: { type: 'string' },
        description:
          'Replaces all request headers of the host, such as Authorization, Cookie, Referer or User-Agent; null removes them. Their values are secrets and never shown again.',
      }),
    ),
  },
  {
    additionalProperties: false,
    'x-name': 'HostInput',
    examples: [{ ceiling: 4, headers: { authorization: 'Bearer …' } }],
  },
);

const HostParams = Type.Object({ host: Type.String({ description: '`shop.example`, `shop.example:8443`' }) });

/** Limits and health of the hosts that images are downloaded from, and the settings of operators for them. */
export const hostRoutes: FastifyPluginAsyncTypebox<HostParts> = async (app, parts) => {
  const { db, feed, secretsKey } = parts;

  app.get(
    '/v1/hosts',
    {
      schema: {
        summary: 'Limits and health of all hosts, by name',
        querystring: Type.Object({
          ...PageQuery,
          state: ListOf(
            'open: downloads may begin. slow: open, and slow to its first byte. held: it asked for a pause, or an operator set one. parked: it is unreachable. given_up: its images fail at once',
          ),
          counts: Type.Optional(
            Type.Boolean({
              description: 'Whether to count the hosts by state, on all pages and of all states',
            }),
          ),
          q: Type.Optional(Type.String({ minLength: 1, maxLength: 253, description: 'A part of the name' })),
          batch: Type.Optional(
            Type.String({
              description:
                'Id of a batch: only hosts that its images wait for or failed at, with `waiting` and `failed`. A host is listed from its first download on',
            }),
          ),
        }),
        response: { 200: HostPage, 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const { limit = PAGE_SIZE, cursor, state, q, batch, counts } = request.query;
      const tenantId = tenantOf(request);
      const batchId = batch === undefined ? undefined : await batchOf(tenantId, batch);
      const filter = { tenantId, part: q, batchId };
      const rows = await listHosts(db, {
        ...filter,
        states: valuesAmong('state', state, FILTER_STATES),
        after: readCursor(cursor, isText) ?? '',
        limit: limit + 1,
        hostConcurrency: feed.hostConcurrency,
      });
      const page = pageOf(rows, limit, { item: hostBody, cursor: (row) => row.host });
      return counts ? { ...page, counts_by_state: await countHosts(db, filter) } : page;
    },
  );

  app.get(
    '/v1/hosts/:host',
    {
      schema: {
        summary: 'Limits and health of a host',
        params: HostParams,
        response: { 200: HostBody, 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request) => shown(hostKey(request, request.params.host)),
  );

  app.put(
    '/v1/hosts/:host',
    {
      config: { audit: 'host.put' },
      schema: {
        summary: 'Set the ceiling, a hold or request headers of a host',
        description:
          'Fields that are left out stay as they are. The host may be one without downloads so far. `headers` needs a key of scope `admin`.',
        params: HostParams,
        body: Input,
        response: { 200: HostBody, 400: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async (request) => {
      const { params, body } = request;
      if (body.headers !== undefined) needScope(request, 'admin', 'Setting request headers');
      const key = hostKey(request, params.host);
      const settings = await settingsOf(key, body);
      await audited(
        request,
        db,
        (trx) => putHost(trx, key, settings),
        () => actedOn(key, body),
      );
      return shown(key);
    },
  );

  /** @throws Problem `not_found` */
  async function batchOf(tenantId: number, id: string): Promise<string> {
    const batchId = uuidOf('bat', id);
    if (batchId === undefined || !(await hasBatch(db, { tenantId, batchId })))
      throw new Problem('not_found', { detail: `There is no batch ${id}.` });
    return batchId;
  }

  async function settingsOf(key: HostKey, body: Static<typeof Input>): Promise<HostSettings> {
    const { ceiling, held_until: held, headers } = body;
    return {
      ceiling,
      heldUntil: typeof held === 'string' ? timeOf(held, 'held_until', 'body') : held,
      headers: headers && (await sealed(key, checkHeaders(headers))),
    };
  }

  async function sealed(key: HostKey, headers: Headers): Promise<HostSettings['headers']> {
    const names = Object.keys(headers);
    return names.length === 0 ? null : { ...(await sealHeaders(secretsKey, key, headers)), names };
  }

  async function shown(key: HostKey): Promise<Static<typeof HostBody>> {
    const row = await findHost(db, key, feed.hostConcurrency);
    if (!row)
      throw new Problem('not_found', {
        detail: `No image has been downloaded from the host "${key.host}" so far.`,
      });
    return hostBody(row);
  }
};

/** @throws Problem `bad_request` */
function hostKey(request: FastifyRequest, host: string): HostKey {
  return { tenantId: tenantOf(request), host: hostName(host) };
}

/** Of request headers, only the names: their values are secrets. */
function actedOn({ host }: HostKey, { headers, ...rest }: Static<typeof Input>): Acted {
  return {
    objectId: host,
    details: { ...rest, ...(headers !== undefined && { headers: Object.keys(headers ?? {}) }) },
  };
}

/** A host in the form of `images.host`. @throws Problem `bad_request` */
function hostName(text: string): string {
  const url = URL.parse(`http://${text}`);
  const isHost = url && url.host !== '' && url.href === `http://${url.host}/` && !/[/?#@\s]/.test(text);
  if (!isHost)
    throw new Problem('bad_request', {
      detail: `"${text}" is not a host: it must be a name such as shop.example or shop.example:8443.`,
    });
  return url.port === '443' ? url.hostname : url.host;
}
