import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { HOLD_MS } from '../pipeline/download/network-problems.ts';
import { ceilingOf, hostId, MIN_PERMITS, PARKED_AFTER_FAILURES, PARKED_S } from './host.ts';
import type { HostOutcome } from './host-outcome.ts';

const SLOW_GROWTH_S = 600; // after a halving, permits grow by one a round trip for this long
const HALVE_AGAIN_AFTER_S = 5; // downloads that were open at a halving are evidence of the same overload
const SMOOTHING = 0.3; // the weight of a new group of outcomes in the moving averages
// Latency counts as flat up to FLAT_FACTOR times the best one, plus FLAT_MS: our own busy CPU adds tens of ms.
const FLAT_FACTOR = 2;
const FLAT_MS = 50;
const BEST_LATENCY_DECAY = 1.002; // a group; a host that became slower for good is the new baseline after minutes

/**
 * Adjusts hosts to the outcomes of downloads, in one statement for all of them. The congestion control
 * follows TCP: permits double in a round trip while they are the bottleneck and latency is flat, are halved
 * by a refusal, a timeout or a failure to connect, and grow by one after that. Locks hosts by name.
 * @param hostConcurrency HOST_CONCURRENCY, up to which permits grow where no operator set another ceiling
 */
export async function recordOutcomes(
  trx: Db,
  outcomes: HostOutcome[],
  hostConcurrency: number,
): Promise<void> {
  if (outcomes.length === 0) return;
  const sums = [...Map.groupBy(outcomes, hostId).values()].map(sumOf);
  const existing = await applySums(trx, sums, hostConcurrency);
  const missing = sums.filter(({ tenant_id, host }) => !existing.has(hostId({ tenantId: tenant_id, host })));
  if (missing.length === 0) return;
  await addHosts(trx, missing);
  await applySums(trx, missing, hostConcurrency);
}

type Sum = ReturnType<typeof sumOf>;

/** The outcomes of one host as one row. */
function sumOf(outcomes: HostOutcome[]) {
  const [first] = outcomes;
  const latencies = outcomes.flatMap(({ latencyMs }) => latencyMs ?? []);
  const answered = outcomes.filter(({ is }) => is === 'answered');
  const retryAfters = outcomes.flatMap(({ problem }) => problem?.retryAfterMs ?? []);
  const lastProblem = outcomes.findLast(({ is }) => is !== 'answered')?.problem;
  return {
    tenant_id: first?.tenantId ?? 0,
    host: first?.host ?? '',
    answered: answered.length,
    limited: answered.filter(({ isLimited }) => isLimited).length,
    troubles: outcomes.length - answered.length,
    is_refused: outcomes.some(({ is }) => is === 'refused'),
    retry_after_ms: retryAfters.length > 0 ? Math.max(...retryAfters) : null,
    /** in a row, at the end */
    unreachable: outcomes.length - 1 - outcomes.findLastIndex(({ is }) => is !== 'unreachable'),
    is_reached: outcomes.some(({ is }) => is !== 'unreachable'),
    latency_ms:
      latencies.length > 0 ? latencies.reduce((total, ms) => total + ms, 0) / latencies.length : null,
    code: lastProblem?.code ?? null,
    error: lastProblem?.message ?? null,
  };
}

/** @returns the ids of the hosts that exist and were updated */
async function applySums(trx: Db, sums: Sum[], hostConcurrency: number): Promise<Set<string>> {
  const { rows } = await sql<{ tenant_id: number; host: string }>`
    with sums as (
      select * from json_to_recordset(${JSON.stringify(sums)}) as s
        (tenant_id integer, host text, answered integer, limited integer, troubles integer, is_refused boolean,
          retry_after_ms float8, unreachable integer, is_reached boolean, latency_ms float8, code text, error text)
    ),
    before as (
      select s.*, h.places, h.held_until, h.halved_at, h.holds, h.parkings,
        ${ceilingOf(hostConcurrency)} as ceiling,
        coalesce(h.held_until <= now(), true) as is_open,
        -- exponential moving average
        coalesce(h.latency_ms * (1 - ${SMOOTHING}::float8) + s.latency_ms * ${SMOOTHING}::float8, s.latency_ms, h.latency_ms) as new_latency_ms,
        -- the baseline that "flat" is measured against; it decays, so that it follows a host that became slower
        coalesce(least(h.best_latency_ms * ${BEST_LATENCY_DECAY}::float8, s.latency_ms), s.latency_ms) as new_best_ms,
        case when h.seen_at > now() - interval '10 seconds'
          then h.downloads_per_second * (1 - ${SMOOTHING}::float8) end as kept_rate,
        case when h.seen_at is not null
          then s.answered / greatest(0.2, extract(epoch from now() - h.seen_at)::float8) end as rate,
        -- failures to connect since the last answer, of this group or an earlier one
        case when s.is_reached then 0 else h.connect_failures end + s.unreachable as new_failures
      from hosts h join sums s on s.tenant_id = h.tenant_id and s.host = h.host
      order by h.tenant_id, h.host
      for update of h
    ),
    after as (
      select b.*,
        -- multiplicative decrease, once for all downloads that were open at the same time
        b.troubles > 0 and coalesce(b.halved_at < now() - ${HALVE_AGAIN_AFTER_S} * interval '1 second', true) as is_halved,
        -- growth only where permits were the bottleneck: more of them to a slower host would only queue there
        b.limited > 0 and b.new_latency_ms <= ${FLAT_FACTOR}::float8 * b.new_best_ms + ${FLAT_MS}::float8 as is_grown,
        b.is_open and b.unreachable > 0 and b.new_failures >= ${PARKED_AFTER_FAILURES} as is_parked,
        -- Back-off of the whole host: its Retry-After, else 30 s, doubled with each hold without an answer
        -- in between. Downloads that were open when a hold began do not lengthen it, unless they say for how long.
        case when b.is_refused and (b.is_open or b.retry_after_ms is not null)
          then coalesce(b.retry_after_ms, least(${HOLD_MS.max}::float8, ${HOLD_MS.min} * 2 ^ least(b.holds, 20))) end as hold_ms
      from before b
    )
    update hosts h set
      places = case
        when a.is_halved then greatest(${MIN_PERMITS}, a.places / 2)
        when a.troubles > 0 or not a.is_grown then a.places
        -- congestion avoidance: one more when every permit has served a limited download
        when a.halved_at > now() - ${SLOW_GROWTH_S} * interval '1 second'
          then greatest(a.places, least(a.ceiling, a.places + a.limited / a.places))
        -- slow start: one more for each limited download, at most twice as many
        else greatest(a.places, least(a.ceiling, a.places + least(a.limited, a.places))) end,
      halved_at = case when a.is_halved then now() else h.halved_at end,
      latency_ms = a.new_latency_ms,
      best_latency_ms = a.new_best_ms,
      downloads_per_second = coalesce(a.kept_rate + a.rate * ${SMOOTHING}::float8, a.rate),
      seen_at = now(),
      connect_failures = a.new_failures,
      parkings = case when a.is_reached then 0 when a.is_parked then a.parkings + 1 else a.parkings end,
      holds = case when a.hold_ms is not null and a.is_open then a.holds + 1
        when a.answered > 0 and a.is_open then 0 else a.holds end,
      -- greatest() ignores nulls: a hold is never shortened here
      held_until = greatest(h.held_until,
        now() + a.hold_ms * interval '1 millisecond',
        case when a.is_parked then now() + ${PARKED_S} * interval '1 second' end),
      last_code = coalesce(a.code, h.last_code),
      last_error = coalesce(a.error, h.last_error),
      updated_at = now()
    from after a
    where h.tenant_id = a.tenant_id and h.host = a.host
    returning h.tenant_id, h.host`.execute(trx);
  return new Set(rows.map(({ tenant_id, host }) => hostId({ tenantId: tenant_id, host })));
}

async function addHosts(trx: Db, rows: Sum[]): Promise<void> {
  await sql`
    insert into hosts (tenant_id, host)
    select tenant_id, host from json_to_recordset(${JSON.stringify(rows)}) as s (tenant_id integer, host text)
    order by tenant_id, host
    on conflict do nothing`.execute(trx);
}
