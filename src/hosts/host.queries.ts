import { type RawBuilder, sql } from 'kysely';
import { type Db, inTransaction } from '../db/database.ts';
import { when } from '../db/when.ts';
import type { SealedHeaders } from './headers.ts';
import { ceilingOf, type HostKey, IS_GIVEN_UP, PARKED_AFTER_FAILURES, permitsNow } from './host.ts';

export type HostRow = {
  host: string;
  places: number;
  in_use: number;
  ceiling: number;
  held_until: Date | null;
  is_parked: boolean;
  is_given_up: boolean;
  is_slow: boolean;
  latency_ms: number | null;
  downloads_per_second: number;
  last_code: string | null;
  last_error: string | null;
  header_names: string[];
  updated_at: Date;
  /** of a batch, where one is asked for: images that wait for their turn or for another try */
  waiting?: number;
  /** of a batch, where one is asked for */
  failed?: number;
};

const HOST_STATES = ['open', 'held', 'parked', 'given_up'] as const;
/** A slow host is open too. */
export const FILTER_STATES = [...HOST_STATES, 'slow'] as const;
export type HostFilterState = (typeof FILTER_STATES)[number];
export type HostCounts = Record<HostFilterState, number>;

/** Slower than this to its first byte, a host holds a batch up. */
export const SLOW_MS = 2_000;
export const MOST_COUNTED = 10_000;

function columns(hostConcurrency: number) {
  return sql`
    h.host, ${permitsNow(hostConcurrency)} as places,
    (select coalesce(sum(l.open), 0) from host_leases l
      where l.tenant_id = h.tenant_id and l.host = h.host and l.leased_until > now()) as in_use,
    ${ceilingOf(hostConcurrency)} as ceiling,
    case when h.held_until > now() then h.held_until end as held_until,
    coalesce(h.held_until > now(), false) and h.connect_failures >= ${PARKED_AFTER_FAILURES} as is_parked,
    ${IS_GIVEN_UP} as is_given_up, ${IS_SLOW} as is_slow,
    h.latency_ms,
    case when h.seen_at > now() - interval '10 seconds' then coalesce(h.downloads_per_second, 0) else 0 end as downloads_per_second,
    h.last_code, h.last_error, coalesce(h.header_names, '{}') as header_names, h.updated_at`;
}

export type HostFilter = {
  tenantId: number;
  states?: readonly HostFilterState[] | undefined;
  /** a part of the name */
  part?: string | undefined;
  /** only hosts that images of this batch wait for or failed at, with their numbers */
  batchId?: string | undefined;
  /** the last host of the previous page; '' for the first page */
  after: string;
  limit: number;
  hostConcurrency: number;
};

/** A page of hosts, ordered by name. */
export async function listHosts(db: Db, filter: HostFilter): Promise<HostRow[]> {
  const { tenantId, states, part, batchId, after, limit, hostConcurrency } = filter;
  const isOfBatch = batchId !== undefined;
  const { rows } = await sql<HostRow>`
    select ${columns(hostConcurrency)} ${when(isOfBatch, sql`, c.waiting, c.failed`)}
    ${hostsLike({ tenantId, part, batchId })} and h.host > ${after}
      ${when(states !== undefined, sql`and (${STATE} = any(${states}::text[]) or ${states?.includes('slow')} and ${IS_SLOW})`)}
    order by h.host
    limit ${limit}`.execute(db);
  return rows;
}

/** How many hosts are in each state, of the first 10,000. */
export async function countHosts(
  db: Db,
  filter: Pick<HostFilter, 'tenantId' | 'part' | 'batchId'>,
): Promise<HostCounts> {
  const { rows } = await sql<{ state: HostFilterState; hosts: number; slow: number }>`
    select state, count(*) as hosts, count(*) filter (where is_slow) as slow from (
      select ${STATE} as state, ${IS_SLOW} as is_slow
      ${hostsLike(filter)}
      order by h.host limit ${MOST_COUNTED}
    ) first
    group by state`.execute(db);
  const counts: HostCounts = { open: 0, slow: 0, held: 0, parked: 0, given_up: 0 };
  for (const { state, hosts, slow } of rows) {
    counts[state] = hosts;
    counts.slow += slow;
  }
  return counts;
}

/** SQL: the hosts `h` of a filter, but for their states. Of a batch, `c` has its images by host, counted once. */
function hostsLike({ tenantId, part, batchId }: Pick<HostFilter, 'tenantId' | 'part' | 'batchId'>) {
  const counted = sql`join (${countsOf(tenantId, batchId)}) c on c.host = h.host`;
  return sql`
    from hosts h ${when(batchId !== undefined, counted)}
    where h.tenant_id = ${tenantId} ${when(part !== undefined, sql`and strpos(h.host, ${part?.toLowerCase()}) > 0`)}`;
}

/** Of a row `h` of `hosts`. */
const STATE = sql`case
  when ${IS_GIVEN_UP} then 'given_up'
  when coalesce(h.held_until <= now(), true) then 'open'
  when h.connect_failures >= ${PARKED_AFTER_FAILURES} then 'parked'
  else 'held' end`;

/** Of a row `h` of `hosts`. */
const IS_SLOW = sql`(${STATE} = 'open' and coalesce(h.latency_ms, 0) > ${SLOW_MS})`;

/** The images of a batch by host, in one pass over those that have not completed. */
function countsOf(tenantId: number, batchId: string | undefined): RawBuilder<unknown> {
  return sql`
    select host, count(*) filter (where state <> 'failed') as waiting, count(*) filter (where state = 'failed') as failed
    from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and state in ('pending', 'queued', 'failed') and host <> ''
    group by host`;
}

/** @returns whether the tenant has this batch */
export async function hasBatch(
  db: Db,
  { tenantId, batchId }: { tenantId: number; batchId: string },
): Promise<boolean> {
  const { rows } = await sql`
    select from batches where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(db);
  return rows.length > 0;
}

export async function findHost(
  db: Db,
  { tenantId, host }: HostKey,
  hostConcurrency: number,
): Promise<HostRow | undefined> {
  const { rows } = await sql<HostRow>`
    select ${columns(hostConcurrency)} from hosts h
    where h.tenant_id = ${tenantId} and h.host = ${host}`.execute(db);
  return rows[0];
}

/** An operator's settings for a host. Undefined fields stay as they are; null resets them. */
export type HostSettings = {
  ceiling: number | null | undefined;
  heldUntil: Date | null | undefined;
  headers: (SealedHeaders & { names: string[] }) | null | undefined;
};

export async function putHost(db: Db, key: HostKey, settings: HostSettings): Promise<void> {
  const { ceiling, heldUntil, headers } = settings;
  await inTransaction(db, async (trx) => {
    await addHost(trx, key);
    if (ceiling !== undefined) await setCeiling(trx, key, ceiling);
    if (heldUntil === null) {
      await liftHold(trx, key);
      await releaseImages(trx, key);
    } else if (heldUntil !== undefined) await holdHost(trx, key, heldUntil);
    if (headers !== undefined) await setHeaders(trx, key, headers);
  });
}

async function addHost(trx: Db, { tenantId, host }: HostKey): Promise<void> {
  await sql`
    insert into hosts (tenant_id, host) values (${tenantId}, ${host}) on conflict do nothing`.execute(trx);
}

async function setCeiling(trx: Db, { tenantId, host }: HostKey, ceiling: number | null): Promise<void> {
  await sql`
    update hosts set ceiling = ${ceiling}, updated_at = now()
    where tenant_id = ${tenantId} and host = ${host}`.execute(trx);
}

async function holdHost(trx: Db, { tenantId, host }: HostKey, until: Date): Promise<void> {
  await sql`
    update hosts set held_until = ${until}, updated_at = now()
    where tenant_id = ${tenantId} and host = ${host}`.execute(trx);
}

/** Also closes the circuit breaker: a parked host starts again without failures. */
async function liftHold(trx: Db, { tenantId, host }: HostKey): Promise<void> {
  await sql`
    update hosts set held_until = null, holds = 0, connect_failures = 0, parkings = 0, updated_at = now()
    where tenant_id = ${tenantId} and host = ${host}`.execute(trx);
}

/** Lets images that the hold delayed be fed now. */
async function releaseImages(trx: Db, { tenantId, host }: HostKey): Promise<void> {
  await sql`
    update images set due_at = null
    where tenant_id = ${tenantId} and host = ${host} and due_at is not null and state = 'pending'`.execute(
    trx,
  );
}

async function setHeaders(
  trx: Db,
  { tenantId, host }: HostKey,
  headers: (SealedHeaders & { names: string[] }) | null,
): Promise<void> {
  await sql`
    update hosts
    set secret_headers = ${headers?.encrypted ?? null}, header_names = ${headers?.names ?? null},
      headers_fingerprint = ${headers?.fingerprint ?? null}, updated_at = now()
    where tenant_id = ${tenantId} and host = ${host}`.execute(trx);
}

/** Deletes what is known of hosts for a tenant, with its secret headers. */
export async function deleteHostsOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from host_leases where tenant_id = ${tenantId}`.execute(db);
  await sql`delete from hosts where tenant_id = ${tenantId}`.execute(db);
}
