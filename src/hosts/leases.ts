import { type RawBuilder, sql } from 'kysely';
import type { Database, Db } from '../db/database.ts';
import type { SealedHeaders } from './headers.ts';
import { type HostKey, IS_GIVEN_UP, permitsNow } from './host.ts';

/** What a worker has of a host and needs of it, as numbers of permits. */
export type PermitRequest = HostKey & {
  /** in use */
  open: number;
  /** that the worker may use until the answer arrives */
  kept: number;
  /** that it needs in all; 0 returns all of them */
  wanted: number;
};

/** What a worker may have of a host, and what it must know of the host. */
export type PermitGrant = HostKey & {
  /** how many downloads may be open; those beyond that number run to their end */
  permits: number;
  /** how long the host is still on hold; 0 where it is not */
  heldMs: number;
  /** of a host that is given up: the error code of its last failure */
  givenUp: string | null;
  headers: SealedHeaders | undefined;
};

export const SPARE_PERMITS = 4; // for downloads that begin before the next exchange
const LEASE_S = 8; // less than the 10 s of a task's lease: a killed worker's permits are free before its tasks
const EXCHANGE_LOCK = 7_203_451_968; // an advisory lock; the number is random. The shards' follow it
const SHARDS = 16;

/**
 * Renews a worker's leases of permits at all its hosts in one statement, takes more and returns some.
 * No more permits are granted than the host has. When the limit of a host sinks, or others wait for it, a
 * worker keeps the permits in use and gets no more until it is within its share.
 *
 * Limits, holds and headers of a host are each tenant's own. The host knows nothing of tenants, so the tenants
 * that download from it now have together no more permits than the highest of their limits.
 */
export async function exchangePermits(
  database: Database,
  workerId: string,
  request: { requests: PermitRequest[]; hostConcurrency: number },
): Promise<PermitGrant[]> {
  // In one message: other workers wait for the one that has the locks, so it must not stop halfway.
  const rows = await database.atOnce<GrantRow>(takeLocks(request.requests), exchange(workerId, request));
  return rows.map(grantOf);
}

/**
 * Exchanges of one host run one at a time, because each depends on what other workers hold. Hosts are spread over
 * shards, each with a lock; they are taken in order, so that two exchanges cannot deadlock. The locks are a
 * statement of their own, so that the next one sees what others have committed. Losing leases in a crash does no
 * harm, so they need no fsync.
 *
 * The first lock is shared by all. Workers of earlier versions take it alone, for all hosts.
 */
function takeLocks(requests: HostKey[]): RawBuilder<unknown> {
  const hosts = JSON.stringify(requests.map(({ host }) => host));
  return sql`
    select set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock_shared(${EXCHANGE_LOCK}::bigint);
    select pg_advisory_xact_lock(${EXCHANGE_LOCK}::bigint + 1 + shard) from (
      select distinct hashtext(host)::bigint & ${SHARDS - 1} as shard from json_array_elements_text(${hosts}) host
      order by shard
    ) shards`;
}

type GrantRow = {
  tenant_id: number;
  host: string;
  permits: number;
  held_ms: number;
  given_up: string | null;
  headers_fingerprint: string | null;
  secret_headers: Buffer | null;
};

function exchange(
  workerId: string,
  { requests, hostConcurrency }: { requests: PermitRequest[]; hostConcurrency: number },
): RawBuilder<unknown> {
  const rows = requests.map(({ tenantId, ...rest }) => ({ tenant_id: tenantId, ...rest }));
  return sql`
    with requests as (
      select * from json_to_recordset(${JSON.stringify(rows)}) as r (tenant_id integer, host text, open integer, kept integer, wanted integer)
    ),
    -- the other leases of each host: of the same tenant, and of all tenants together
    others as (
      select r.tenant_id, r.host,
        coalesce(sum(l.places) filter (where l.tenant_id = r.tenant_id), 0) as places,
        count(*) filter (where l.tenant_id = r.tenant_id) as workers,
        bool_or(l.wanted > l.places) filter (where l.tenant_id = r.tenant_id) as are_waiting,
        sum(l.places) as places_of_all, count(*) as workers_of_all, bool_or(l.wanted > l.places) as any_is_waiting,
        max(${permitsNow(hostConcurrency)}) as highest
      from requests r join host_leases l on l.host = r.host and (l.tenant_id, l.worker_id) <> (r.tenant_id, ${workerId}::uuid)
      left join hosts h on h.tenant_id = l.tenant_id and h.host = l.host
      where l.leased_until > now()
      group by r.tenant_id, r.host
    ),
    limits as (
      select r.*, h.held_until, h.headers_fingerprint, h.secret_headers,
        case when ${IS_GIVEN_UP} then h.last_code end as given_up,
        ${permitsNow(hostConcurrency)} as of_tenant
      from requests r left join hosts h on h.tenant_id = r.tenant_id and h.host = r.host
    ),
    granted as (
      select a.*,
        -- the least of: the need, what others left, and an equal share where others wait (least() ignores nulls)
        greatest(0, least(
          case when a.wanted > 0 then a.wanted + ${SPARE_PERMITS} else 0 end,
          of_tenant - coalesce(o.places, 0),
          case when o.are_waiting then ceil(of_tenant::float8 / (o.workers + 1)) end,
          greatest(of_tenant, o.highest) - coalesce(o.places_of_all, 0),
          case when o.any_is_waiting then ceil(greatest(of_tenant, o.highest)::float8 / (o.workers_of_all + 1)) end
        ))::integer as permits,
        greatest(0, coalesce(extract(epoch from a.held_until - now()) * 1000, 0))::float8 as held_ms
      from limits a
      left join others o on o.tenant_id = a.tenant_id and o.host = a.host
    ),
    leased as (
      insert into host_leases (tenant_id, host, worker_id, places, wanted, open, leased_until)
      -- wanted is bounded, so that nobody makes room for what the tenant's own limit forbids
      select tenant_id, host, ${workerId}, greatest(permits, kept), least(wanted, of_tenant), open, now() + ${LEASE_S} * interval '1 second'
      from granted where wanted > 0 or kept > 0
      on conflict (tenant_id, host, worker_id) do update
        set places = excluded.places, wanted = excluded.wanted, open = excluded.open, leased_until = excluded.leased_until
    ),
    returned as (
      delete from host_leases l using granted g
      where l.tenant_id = g.tenant_id and l.host = g.host and l.worker_id = ${workerId} and g.wanted = 0 and g.kept = 0
    ),
    -- of killed workers, at these hosts alone: others are not locked
    expired as (
      delete from host_leases l
      where leased_until <= now() and worker_id <> ${workerId} and host in (select host from requests)
    )
    select tenant_id, host, permits, held_ms, given_up, headers_fingerprint, secret_headers from granted`;
}

function grantOf({ tenant_id, held_ms, given_up, headers_fingerprint, ...row }: GrantRow): PermitGrant {
  return {
    tenantId: tenant_id,
    host: row.host,
    permits: row.permits,
    heldMs: held_ms,
    givenUp: given_up,
    headers:
      headers_fingerprint !== null && row.secret_headers !== null
        ? { fingerprint: headers_fingerprint, encrypted: row.secret_headers }
        : undefined,
  };
}

/** Returns all permits of a worker that ends. */
export async function returnPermits(db: Db, workerId: string): Promise<void> {
  await sql`delete from host_leases where worker_id = ${workerId}`.execute(db);
}
