import { type Static, Type } from 'typebox';
import { PageOf } from '../http/pages.ts';
import { type HostCounts, type HostRow, MOST_COUNTED, SLOW_MS } from './host.queries.ts';

const Nullable = {
  text: Type.Union([Type.String(), Type.Null()]),
  time: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
};

export const HostBody = Type.Object(
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
    slow: Type.Boolean({
      description: `Whether it is open, but takes more than ${SLOW_MS / 1_000} s to its first byte`,
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

const Count = (description: string) => Type.Integer({ minimum: 0, description });

export const HostPage = Type.Object(
  {
    ...PageOf(HostBody).properties,
    counts_by_state: Type.Optional(
      Type.Object(
        {
          open: Count('Also those that are slow'),
          slow: Count('Also counted as open'),
          held: Count('On hold'),
          parked: Count('Unreachable'),
          given_up: Count('Their images fail at once'),
        } satisfies Record<keyof HostCounts, unknown>,
        {
          description: `With counts=true: how many hosts the list has in each state, whatever \`state\` says; of the first ${MOST_COUNTED.toLocaleString('en')} by name`,
        },
      ),
    ),
  },
  { 'x-name': 'HostPage' },
);

export function hostBody(row: HostRow): Static<typeof HostBody> {
  return {
    host: row.host,
    places: row.places,
    in_use: row.in_use,
    ceiling: row.ceiling,
    held_until: row.held_until?.toISOString() ?? null,
    parked: row.is_parked,
    given_up: row.is_given_up,
    slow: row.is_slow,
    downloads_per_second: Math.round(row.downloads_per_second * 10) / 10,
    latency_ms: row.latency_ms && Math.round(row.latency_ms * 10) / 10,
    last_error: row.last_error === null ? null : { code: row.last_code, detail: row.last_error },
    headers: row.header_names,
    updated_at: row.updated_at.toISOString(),
    ...(row.waiting !== undefined && { waiting: row.waiting }),
    ...(row.failed !== undefined && { failed: row.failed }),
  };
}
