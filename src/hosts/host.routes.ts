import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Acted, audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { wrongParameter } from '../http/flaws.ts';
import { ListOf, valuesOf } from '../http/lists.ts';
import { isText, PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { needScope, tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { checkHeaders, type Headers, sealHeaders } from './headers.ts';
import { uuidOf } from '../ids.ts';
import type { HostKey } from './host.ts';
import {
  findHost,
  hasBatch,
  HOST_STATES,
  type HostRow,
  type HostSettings,
  type HostState,
  listHosts,
  putHost,
} from './host.queries.ts';
import type { SecretsKey } from './secrets.ts';

export type HostParts = { db: Db; hostConcurrency: number; secretsKey: SecretsKey };

const Nullable = {
  text: Type.Union([Type.String(), Type.Null()]),
  time: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
};
const MAX_CEILING = 1024;

const HostBody = Type.Object(
  {
    host: Type.String({ description: 'Name, and port where it is not 80 or 443' }),
    places: Type.Integer({ description: 'Permits: downloads that may be open at a time, over all workers' }),
    in_use: Type.Integer({ description: 'Permits in use: downloads that are open' }),
    ceiling: Type.Integer({ description: 'Upper limit of `places`' }),
    held_until: Nullable.time,
    parked: Type.Boolean({ description: 'Whether it is on hold because connections to it fail' }),
    given_up: Type.Boolean({
      description: 'Whether its images fail at once, until it answers a trial request',
    }),
    latency_ms: Type.Union([Type.Number(), Type.Null()], {
      description: 'Time to the first byte, moving average',
    }),
    downloads_per_second: Type.Number({
      description: 'Answered downloads, moving average; 0 after 10 s without any',
    }),
    last_error: Type.Union([Type.Object({ code: Nullable.text, detail: Type.String() }), Type.Null()]),
    headers: Type.Array(Type.String(), {
      description: 'Names of the request headers that are set for the host',
    }),
    updated_at: Type.String({ format: 'date-time' }),
    waiting: Type.Optional(
      Type.Integer({ description: 'With `batch`: its images that wait for their turn or for another try' }),
    ),
    failed: Type.Optional(Type.Integer({ description: 'With `batch`: its images that failed' })),
  },
  { 'x-name': 'Host' },
);

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
  const { db, hostConcurrency, secretsKey } = parts;

  app.get(
    '/v1/hosts',
    {
      schema: {
        summary: 'Limits and health of all hosts, by name',
        querystring: Type.Object({
          ...PageQuery,
          state: ListOf(
            'open: downloads may begin. held: it asked for a pause, or an operator set one. parked: it is unreachable. given_up: its images fail at once',
          ),
          q: Type.Optional(Type.String({ minLength: 1, maxLength: 253, description: 'A part of the name' })),
          batch: Type.Optional(
            Type.String({
              description:
                'Id of a batch: only hosts that its images wait for or failed at, with `waiting` and `failed`. A host is listed from its first download on',
            }),
          ),
        }),
        response: { 200: PageOf(HostBody), 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request) => {
      const { limit = PAGE_SIZE, cursor, state, q, batch } = request.query;
      const tenantId = tenantOf(request);
      const rows = await listHosts(db, {
        tenantId,
        states: statesOf(state),
        part: q,
        batchId: batch === undefined ? undefined : await batchOf(tenantId, batch),
        after: readCursor(cursor, isText) ?? '',
        limit: limit + 1,
        hostConcurrency,
      });
      return pageOf(rows, limit, { item: hostBody, cursor: (row) => row.host });
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
      heldUntil: typeof held === 'string' ? new Date(held) : held,
      headers: headers && (await sealed(key, checkHeaders(headers))),
    };
  }

  async function sealed(key: HostKey, headers: Headers): Promise<HostSettings['headers']> {
    const names = Object.keys(headers);
    return names.length === 0 ? null : { ...(await sealHeaders(secretsKey, key, headers)), names };
  }

  async function shown(key: HostKey): Promise<Static<typeof HostBody>> {
    const row = await findHost(db, key, hostConcurrency);
    if (!row)
      throw new Problem('not_found', {
        detail: `No image has been downloaded from the host "${key.host}" so far.`,
      });
    return hostBody(row);
  }
};

/** @throws Problem `bad_request` */
function statesOf(list: string | undefined): HostState[] | undefined {
  const states = valuesOf(list);
  const isState = (text: string): text is HostState => HOST_STATES.some((state) => state === text);
  for (const state of states ?? [])
    if (!isState(state))
      throw wrongParameter(
        'state',
        `It must be one or more of ${HOST_STATES.join(', ')}; "${state}" is none.`,
      );
  return states?.filter(isState);
}

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

function hostBody(row: HostRow): Static<typeof HostBody> {
  return {
    host: row.host,
    places: row.places,
    in_use: row.in_use,
    ceiling: row.ceiling,
    held_until: row.held_until?.toISOString() ?? null,
    parked: row.is_parked,
    given_up: row.is_given_up,
    downloads_per_second: Math.round(row.downloads_per_second * 10) / 10,
    latency_ms: row.latency_ms && Math.round(row.latency_ms * 10) / 10,
    last_error: row.last_error === null ? null : { code: row.last_code, detail: row.last_error },
    headers: row.header_names,
    updated_at: row.updated_at.toISOString(),
    ...(row.waiting !== undefined && { waiting: row.waiting }),
    ...(row.failed !== undefined && { failed: row.failed }),
  };
}
