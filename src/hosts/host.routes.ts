import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { PAGE_SIZE, PageOf, pageOf, PageQuery, readCursor } from '../http/pages.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { checkHeaders, type Headers, sealHeaders } from './headers.ts';
import type { HostKey } from './host.ts';
import { findHost, type HostRow, type HostSettings, listHosts, putHost } from './host.queries.ts';
import type { SecretsKey } from './secrets.ts';

export type HostParts = { db: Db; tenantId: number; hostConcurrency: number; secretsKey: SecretsKey };

const Nullable = {
  text: Type.Union([Type.String(), Type.Null()]),
  time: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
};
const MAX_CEILING = 1024;

const HostBody = Type.Object({
  host: Type.String({ description: 'With its port where it is not the usual one' }),
  places: Type.Integer({ description: 'Downloads that may be open at a time, over all workers' }),
  in_use: Type.Integer({ description: 'Downloads that are open' }),
  ceiling: Type.Integer({ description: 'As far as the places may grow' }),
  held_until: Nullable.time,
  parked: Type.Boolean({ description: 'Whether it is on hold because nothing connects to it' }),
  given_up: Type.Boolean({
    description: 'Whether its images fail without another try, until a probe is answered',
  }),
  latency_ms: Type.Union([Type.Number(), Type.Null()], { description: 'To the first byte, smoothed' }),
  downloads_per_second: Type.Number({ description: 'Answered, smoothed; 0 when there were none for 10 s' }),
  last_error: Type.Union([Type.Object({ code: Nullable.text, detail: Type.String() }), Type.Null()]),
  headers: Type.Array(Type.String(), { description: 'Names of the request headers that are set for it' }),
  updated_at: Type.String({ format: 'date-time' }),
});

// Each a type or null in one, so that an error names both.
const Input = Type.Object(
  {
    ceiling: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 1,
        maximum: MAX_CEILING,
        description: 'null: HOST_CONCURRENCY',
      }),
    ),
    held_until: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        format: 'date-time',
        description: 'No download before this time; null lifts every hold',
      }),
    ),
    headers: Type.Optional(
      Type.Unsafe<Headers | null>({
        type: ['object', 'null'],
        additionalProperties: { type: 'string' },
        description:
          'Request headers, all of them, such as Authorization, Cookie, Referer or User-Agent; null removes them. Their values are taken for secrets and never shown again.',
      }),
    ),
  },
  { additionalProperties: false },
);

const Named = Type.Object({ host: Type.String({ description: '`shop.example`, `shop.example:8443`' }) });

/** What is known of the hosts that images come from, and an operator's word on them. */
export const hostRoutes: FastifyPluginAsyncTypebox<HostParts> = async (app, parts) => {
  const { db, tenantId, hostConcurrency, secretsKey } = parts;

  app.get(
    '/v1/hosts',
    {
      schema: {
        summary: 'The hosts that images come from, by name',
        querystring: Type.Object(PageQuery),
        response: { 200: PageOf(HostBody), 400: ProblemAnswer },
      },
    },
    async ({ query: { limit = PAGE_SIZE, cursor } }) => {
      const place = readCursor(cursor);
      const after = typeof place === 'string' ? place : '';
      const rows = await listHosts(db, tenantId, { after, limit: limit + 1, hostConcurrency });
      return pageOf(rows, limit, { item: hostBody, cursor: (row) => row.host });
    },
  );

  app.get(
    '/v1/hosts/:host',
    {
      schema: {
        summary: 'One host',
        params: Named,
        response: { 200: HostBody, 400: ProblemAnswer, 404: ProblemAnswer },
      },
    },
    async (request) => shown({ tenantId, host: hostName(request.params.host) }),
  );

  app.put(
    '/v1/hosts/:host',
    {
      schema: {
        summary: 'Set a ceiling, a hold or request headers of a host',
        description: 'What is left out stays as it is. The host need not be known yet.',
        params: Named,
        body: Input,
        response: { 200: HostBody, 400: ProblemAnswer, 409: ProblemAnswer },
      },
    },
    async ({ params, body }) => {
      const key = { tenantId, host: hostName(params.host) };
      await putHost(db, key, await settingsOf(key, body));
      return shown(key);
    },
  );

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
      throw new Problem('not_found', { detail: `No image has come from the host "${key.host}" yet.` });
    return hostBody(row);
  }
};

/** A host as images.host has it. @throws Problem `bad_request` */
function hostName(text: string): string {
  const url = URL.parse(`http://${text}`);
  const isHost = url && url.host !== '' && url.href === `http://${url.host}/` && !/[/?#@\s]/.test(text);
  if (!isHost)
    throw new Problem('bad_request', {
      detail: `"${text}" is no host: it must be a name such as shop.example, or shop.example:8443.`,
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
  };
}
