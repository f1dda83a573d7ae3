import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ImageProblem } from '../pipeline/problems.ts';
import { type HostKey, MIN_PERMITS, hostId, PARKED_AFTER_FAILURES, PARKED_S } from './host.ts';

/** How a download ended at a host. */
export type HostOutcome = HostKey & {
  is: 'answered' | 'refused' | 'timed_out' | 'unreachable';
  /** to the first byte; null where none came */
  latencyMs: number | null;
  /** whether others waited for a place meanwhile */
  isLimited: boolean;
  problem: ImageProblem | undefined;
};

/** Undefined where it says nothing of the host, such as a download that was aborted. */
export function hostOutcomeOf(
  visit: HostKey & { latencyMs: number; isLimited: boolean },
  problem: ImageProblem | undefined,
): HostOutcome | undefined {
  const hasAnswered = !Number.isNaN(visit.latencyMs);
  const is = resultOf(problem, hasAnswered);
  return is && { ...visit, is, latencyMs: hasAnswered ? visit.latencyMs : null, problem };
}

function resultOf(problem: ImageProblem | undefined, hasAnswered: boolean): HostOutcome['is'] | undefined {
  switch (problem?.code) {
    case 'rate_limited':
      return 'refused';
    case 'download_timeout':
      return 'timed_out';
    case 'dns_failed':
    case 'connect_failed':
    case 'tls_failed':
      return hasAnswered ? 'answered' : 'unreachable';
    default:
      return hasAnswered ? 'answered' : undefined;
  }
}

const SLOW_START_S = 600; // after a halving places grow slowly for so long
const HALVED_AGAIN_AFTER_S = 5; // what was open when they were halved says the same again
const SMOOTHING = 0.3; // the share of a new group in the latency
// Latency is flat up to here. Our own busy processor adds some tens of milliseconds.
const FLAT_FACTOR = 2;
const FLAT_MS = 50;
const FORGET_BEST = 1.002; // a group; a host that became slower for good is measured by itself after minutes
const FIRST_HOLD_MS = 30_000;
const LONGEST_HOLD_MS = 3_600_000;

/**
 * Keeps what downloads showed of their hosts, in one statement. Places grow as TCP's window does: while
 * they are what limits and latency is flat, they double in a round trip, and after they have been halved
 * (by a refusal, a time-out, a failure to connect) by one. Locks hosts by name.
 */
export async function recordOutcomes(trx: Db, seen: HostOutcome[], hostConcurrency: number): Promise<void> {
  if (seen.length === 0) return;
  const rows = [...Map.groupBy(seen, hostId).values()].map(sumOf);
  const known = await applyVisits(trx, rows, hostConcurrency);
  const unknown = rows.filter(({ tenant_id, host }) => !known.has(hostId({ tenantId: tenant_id, host })));
  if (unknown.length === 0) return;
  await addHosts(trx, unknown);
  await applyVisits(trx, unknown, hostConcurrency);
}

type Sum = ReturnType<typeof sumOf>;

/** What the visits of one host showed together. */
function sumOf(visits: HostOutcome[]) {
  const [first] = visits;
  const latencies = visits.flatMap(({ latencyMs }) => latencyMs ?? []);
  const answered = visits.filter(({ is }) => is === 'answered');
  const asked = visits.flatMap(({ problem }) => problem?.retryAfterMs ?? []);
  const failed = visits.findLast(({ is }) => is !== 'answered')?.problem;
  return {
    tenant_id: first?.tenantId ?? 0,
    host: first?.host ?? '',
    answered: answered.length,
    limited: answered.filter(({ isLimited }) => isLimited).length,
    troubles: visits.length - answered.length,
    is_refused: visits.some(({ is }) => is === 'refused'),
    retry_after_ms: asked.length > 0 ? Math.max(...asked) : null,
    unreachable: visits.length - 1 - visits.findLastIndex(({ is }) => is !== 'unreachable'),
    is_reached: visits.some(({ is }) => is !== 'unreachable'),
    latency_ms:
      latencies.length > 0 ? latencies.reduce((total, ms) => total + ms, 0) / latencies.length : null,
    code: failed?.code ?? null,
    error: failed?.message ?? null,
  };
}

/** A hold that goes on is not lengthened by what was open when it began, unless the host says for how long. */
async function applyVisits(trx: Db, rows: Sum[], hostConcurrency: number): Promise<Set<string>> {
  const { rows: known } = await sql<{ tenant_id: number; host: string }>`
    with seen as (
      select * from json_to_recordset(${JSON.stringify(rows)}) as s
        (tenant_id integer, host text, answered integer, limited integer, troubles integer, is_refused boolean,
          retry_after_ms float8, unreachable integer, is_reached boolean, latency_ms float8, code text, error text)
    ),
    before as (
      select s.*, h.places, h.ceiling, h.held_until, h.halved_at, h.holds, h.parkings,
        coalesce(h.held_until <= now(), true) as is_open,
        coalesce(h.latency_ms * (1 - ${SMOOTHING}::float8) + s.latency_ms * ${SMOOTHING}::float8, s.latency_ms, h.latency_ms) as new_latency_ms,
        coalesce(least(h.best_latency_ms * ${FORGET_BEST}::float8, s.latency_ms), s.latency_ms) as new_best_ms,
        case when h.seen_at > now() - interval '10 seconds'
          then h.downloads_per_second * (1 - ${SMOOTHING}::float8) end as kept_rate,
        case when h.seen_at is not null
          then s.answered / greatest(0.2, extract(epoch from now() - h.seen_at)::float8) end as rate,
        case when s.is_reached then 0 else h.connect_failures end + s.unreachable as new_failures
      from hosts h join seen s on s.tenant_id = h.tenant_id and s.host = h.host
      order by h.tenant_id, h.host
      for update of h
    ),
    after as (
      select b.*,
        b.troubles > 0 and coalesce(b.halved_at < now() - ${HALVED_AGAIN_AFTER_S} * interval '1 second', true) as is_halved,
        b.limited > 0 and b.new_latency_ms <= ${FLAT_FACTOR}::float8 * b.new_best_ms + ${FLAT_MS}::float8 as is_grown,
        b.is_open and b.unreachable > 0 and b.new_failures >= ${PARKED_AFTER_FAILURES} as is_parked,
        case when b.is_refused and (b.is_open or b.retry_after_ms is not null)
          then coalesce(b.retry_after_ms, least(${LONGEST_HOLD_MS}::float8, ${FIRST_HOLD_MS} * 2 ^ least(b.holds, 20))) end as hold_ms
      from before b
    )
    update hosts h set
      places = case
        when a.is_halved then greatest(${MIN_PERMITS}, a.places / 2)
        when a.troubles > 0 or not a.is_grown then a.places
        when a.halved_at > now() - ${SLOW_START_S} * interval '1 second'
          then greatest(a.places, least(coalesce(a.ceiling, ${hostConcurrency}::integer), a.places + a.limited / a.places))
        else greatest(a.places, least(coalesce(a.ceiling, ${hostConcurrency}::integer), a.places + least(a.limited, a.places))) end,
      halved_at = case when a.is_halved then now() else h.halved_at end,
      latency_ms = a.new_latency_ms,
      best_latency_ms = a.new_best_ms,
      downloads_per_second = coalesce(a.kept_rate + a.rate * ${SMOOTHING}::float8, a.rate),
      seen_at = now(),
      connect_failures = a.new_failures,
      parkings = case when a.is_reached then 0 when a.is_parked then a.parkings + 1 else a.parkings end,
      holds = case when a.hold_ms is not null and a.is_open then a.holds + 1
        when a.answered > 0 and a.is_open then 0 else a.holds end,
      held_until = greatest(h.held_until,
        now() + a.hold_ms * interval '1 millisecond',
        case when a.is_parked then now() + ${PARKED_S} * interval '1 second' end),
      last_code = coalesce(a.code, h.last_code),
      last_error = coalesce(a.error, h.last_error),
      updated_at = now()
    from after a
    where h.tenant_id = a.tenant_id and h.host = a.host
    returning h.tenant_id, h.host`.execute(trx);
  return new Set(known.map(({ tenant_id, host }) => hostId({ tenantId: tenant_id, host })));
}

async function addHosts(trx: Db, rows: Sum[]): Promise<void> {
  await sql`
    insert into hosts (tenant_id, host)
    select tenant_id, host from json_to_recordset(${JSON.stringify(rows)}) as s (tenant_id integer, host text)
    order by tenant_id, host
    on conflict do nothing`.execute(trx);
}
