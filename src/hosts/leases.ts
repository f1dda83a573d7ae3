import { type RawBuilder, sql } from 'kysely';
import type { Database, Db } from '../db/database.ts';
import type { SealedHeaders } from './headers.ts';
import type { HostKey } from './host.ts';
import { IS_GIVEN_UP, permitsNow } from './host.ts';

/** What a worker has and would have of a host. */
export type PermitRequest = HostKey & {
  /** downloads that it has open */
  open: number;
  /** as many as it may have open before the answer comes */
  kept: number;
  /** as many as it would have open; none gives all places back */
  wanted: number;
};

/** What a worker may have of a host, and what it must know of it. */
export type PermitGrant = HostKey & {
  /** as many downloads may be open; of those that are, the worker keeps the places */
  permits: number;
  /** 0: it is not on hold */
  heldMs: number;
  /** the code of the error with which a host that is given up failed last */
  givenUp: string | null;
  headers: SealedHeaders | undefined;
};

export const SPARE_PERMITS = 4; // for downloads that begin before the next exchange
const LEASE_S = 8; // a killed worker's places come back before its tasks are claimed again, after 10 s
// The answer depends on what other workers hold, so it is one worker's turn at a time (a random number).
const TURN = 7_203_451_968;

/**
 * Renews a worker's places at all hosts at once, borrows more and gives back. Never are more places
 * granted than the host has: of hosts that shrink or that others wait for, a worker keeps what it has
 * open, and gets no more until it is within its share.
 *
 * What was learned and set of a host is each tenant's own: its places, its holds, its headers. But the host
 * knows nothing of tenants, so that all of them together have HOST_CONCURRENCY of it.
 */
export async function exchangePermits(
  database: Database,
  workerId: string,
  asking: { asked: PermitRequest[]; hostConcurrency: number },
): Promise<PermitGrant[]> {
  // All workers wait for the one whose turn it is, so none may stop in the middle of it.
  const granted = await database.atOnce<GrantedRow>(TAKE_TURN, exchange(workerId, asking));
  return granted.map(grantOf);
}

/** A statement of its own, so that the next one sees what others committed. Leases are worth no fsync. */
const TAKE_TURN = sql`
  select set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(${TURN}::bigint)`;

type GrantedRow = {
  tenant_id: number;
  host: string;
  permits: number;
  held_ms: number;
  given_up: string | null;
  headers_fingerprint: string | null;
  secret_headers: Buffer | null;
};

/** Leases that have run out are removed, whoever had them. */
function exchange(
  workerId: string,
  { asked, hostConcurrency }: { asked: PermitRequest[]; hostConcurrency: number },
): RawBuilder<unknown> {
  const rows = asked.map(({ tenantId, ...rest }) => ({ tenant_id: tenantId, ...rest }));
  return sql`
    with asked as (
      select * from json_to_recordset(${JSON.stringify(rows)}) as a (tenant_id integer, host text, open integer, kept integer, wanted integer)
    ),
    others as (
      select a.tenant_id, a.host,
        coalesce(sum(l.places) filter (where l.tenant_id = a.tenant_id), 0) as places,
        count(*) filter (where l.tenant_id = a.tenant_id) as workers,
        bool_or(l.wanted > l.places) filter (where l.tenant_id = a.tenant_id) as are_waiting,
        sum(l.places) as places_of_all, count(*) as workers_of_all, bool_or(l.wanted > l.places) as any_is_waiting
      from asked a join host_leases l on l.host = a.host and (l.tenant_id, l.worker_id) <> (a.tenant_id, ${workerId}::uuid)
      where l.leased_until > now()
      group by a.tenant_id, a.host
    ),
    limits as (
      select a.*, h.held_until, h.headers_fingerprint, h.secret_headers,
        case when ${IS_GIVEN_UP} then h.last_code end as given_up,
        ${permitsNow(hostConcurrency)} as of_tenant,
        greatest(${hostConcurrency}::integer, ${permitsNow(hostConcurrency)}) as of_all
      from asked a left join hosts h on h.tenant_id = a.tenant_id and h.host = a.host
    ),
    granted as (
      select a.*,
        greatest(0, least(
          case when a.wanted > 0 then a.wanted + ${SPARE_PERMITS} else 0 end,
          of_tenant - coalesce(o.places, 0),
          case when o.are_waiting then ceil(of_tenant::float8 / (o.workers + 1)) end,
          of_all - coalesce(o.places_of_all, 0),
          case when o.any_is_waiting then ceil(of_all::float8 / (o.workers_of_all + 1)) end
        ))::integer as permits,
        greatest(0, coalesce(extract(epoch from a.held_until - now()) * 1000, 0))::float8 as held_ms
      from limits a
      left join others o on o.tenant_id = a.tenant_id and o.host = a.host
    ),
    kept as (
      insert into host_leases (tenant_id, host, worker_id, places, wanted, open, leased_until)
      select tenant_id, host, ${workerId}, greatest(permits, kept), least(wanted, of_tenant), open, now() + ${LEASE_S} * interval '1 second'
      from granted where wanted > 0 or kept > 0 -- wanted: nobody waits for what its own tenant may not have
      on conflict (tenant_id, host, worker_id) do update
        set places = excluded.places, wanted = excluded.wanted, open = excluded.open, leased_until = excluded.leased_until
    ),
    given_back as (
      delete from host_leases l using granted g
      where l.tenant_id = g.tenant_id and l.host = g.host and l.worker_id = ${workerId} and g.wanted = 0 and g.kept = 0
    ),
    run_out as (delete from host_leases where leased_until <= now() and worker_id <> ${workerId})
    select tenant_id, host, permits, held_ms, given_up, headers_fingerprint, secret_headers from granted`;
}

function grantOf({ tenant_id, held_ms, given_up, headers_fingerprint, ...row }: GrantedRow): PermitGrant {
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

/** All places of a worker that ends. */
export async function returnPermits(db: Db, workerId: string): Promise<void> {
  await sql`delete from host_leases where worker_id = ${workerId}`.execute(db);
}
