import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { publicId } from '../ids.ts';
import type { Queue } from '../queue/queue.ts';
import {
  type DisabledEndpoint,
  disabledEvent,
  endpointFailed,
  endpointSucceeded,
} from './endpoint-health.ts';
import { END_EVENTS, type EventType, isReported } from './event-types.ts';
import { type DeliveryState, type NewEvent, queueAttempts, writeEvents } from './events.ts';
import type { Attempt, Delivery } from './post.ts';
import { type Schedule, waitAfter } from './schedule.ts';

export type DeliveryRow = Delivery & {
  tenant_id: number;
  delivery_id: string;
  endpoint_id: string;
  batch_id: string | null;
  type: EventType;
  kind: 'configured' | 'callback' | 'registered';
  /** why no attempt may be made: its endpoint was disabled, or WEBHOOK_URL is no longer set */
  disabled_because: string | null;
  /** attempts before the last redelivery, from which the schedule counts */
  attempts_before: number;
};

export type RecordParts = { db: Db; queue: Queue; schedule: Schedule; log: Logger };

const GONE = 410;

// A name that leads inside may be one whose entry is being changed. It is tried again after 5 s and 5 m only.
const TRIES_WHERE_DENIED = 3;

type Outcome = {
  attempt: number;
  done: Attempt;
  state: DeliveryState;
  /** until the next attempt; undefined: there is none */
  waitMs: number | undefined;
};

/** Records an attempt with everything that follows from it, in one transaction. */
export async function recordAttempt(
  { db, queue, schedule, log }: RecordParts,
  delivery: DeliveryRow,
  { attempt, done }: { attempt: number; done: Attempt },
): Promise<void> {
  const waitMs = waitOf(schedule, attempt - delivery.attempts_before, done);
  const state = isDelivered(done) ? 'delivered' : waitMs === undefined ? 'exhausted' : 'pending';
  const outcome = { attempt, done, state, waitMs } as const;
  const recorded = await db.transaction().execute(async (trx) => {
    if (!(await writeAttempt(trx, delivery, outcome))) return undefined;
    const isShown = await showChange(trx, delivery);
    const disabled = await recordHealth(trx, delivery, done);
    await writeEvents(trx, reportsOf(delivery, outcome, disabled), queue);
    await queueNext(trx, queue, delivery, outcome);
    return { disabled, isShown };
  });
  if (recorded && state === 'exhausted') logGivenUp(log, delivery, done);
  if (recorded?.disabled) logDisabled(log, recorded.disabled);
  if (recorded?.isShown === false) await showSoon(db, delivery);
}

async function queueNext(
  trx: Db,
  queue: Queue,
  { tenant_id, delivery_id, url }: DeliveryRow,
  { attempt, done, waitMs }: Outcome,
): Promise<void> {
  if (waitMs === undefined) return;
  const next = { attempt: attempt + 1, wait_ms: waitMs, slow: done.timedOut };
  await queueAttempts(trx, [{ tenant_id, delivery_id, url, ...next }], queue);
}

/**
 * Ends a delivery whose endpoint was disabled. Deliveries end as they come due, not when the endpoint is
 * disabled: that would lock rows of attempts in progress, and whoever enables it soon loses nothing.
 */
export async function endUnsent(db: Db, delivery: DeliveryRow): Promise<void> {
  const { tenant_id, delivery_id } = delivery;
  const isShown = await db.transaction().execute(async (trx) => {
    await sql`
      update webhook_deliveries set state = 'exhausted', next_attempt_at = null, ended_at = now()
      where tenant_id = ${tenant_id} and delivery_id = ${delivery_id} and state = 'pending'`.execute(trx);
    return showChange(trx, delivery);
  });
  if (!isShown) await showSoon(db, delivery);
}

/** Writes the attempt, and the state of its delivery. @returns false where another worker recorded this attempt */
async function writeAttempt(
  trx: Db,
  { tenant_id, delivery_id, url }: DeliveryRow,
  { attempt, done, state, waitMs }: Outcome,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    with recorded as (
      update webhook_deliveries
      set state = ${state}, attempts = ${attempt}, last_status = ${done.status},
        next_attempt_at = now() + ${waitMs ?? null}::float8 * interval '1 millisecond',
        ended_at = case when ${state} = 'pending' then null else now() end
      where tenant_id = ${tenant_id} and delivery_id = ${delivery_id}
        and state = 'pending' and attempts = ${attempt - 1}
      returning tenant_id, delivery_id, attempts
    )
    insert into webhook_attempts (tenant_id, delivery_id, attempt, status, error, duration_ms, answer, url, headers, answer_headers)
    select tenant_id, delivery_id, attempts, ${done.status}::integer, ${done.error}, ${done.durationMs}::integer, ${done.answer},
      ${url}, ${JSON.stringify(done.headers)}::json, ${JSON.stringify(done.answerHeaders)}::json
    from recorded`.execute(trx);
  return numAffectedRows > 0n;
}

/**
 * The status of a batch shows the delivery of its end, so it has a new version. It waits for nobody: a retry may
 * lock the batch for a minute, in which attempts at its other receivers would take all connections of the process.
 * @returns false where the batch is locked
 */
async function showChange(db: Db, { tenant_id, batch_id, type }: DeliveryRow): Promise<boolean> {
  if (batch_id === null || !END_EVENTS.some((end) => end === type)) return true;
  const { rows } = await sql<{ is_shown: boolean }>`
    with free as (
      select tenant_id, batch_id from batches
      where tenant_id = ${tenant_id} and batch_id = ${batch_id} for no key update skip locked
    ),
    shown as (
      update batches b set version = version + 1 from free f
      where b.tenant_id = f.tenant_id and b.batch_id = f.batch_id
      returning b.batch_id
    )
    select exists (select from shown)
      or not exists (select from batches where tenant_id = ${tenant_id} and batch_id = ${batch_id}) as is_shown`.execute(
    db,
  );
  return rows[0]?.is_shown === true;
}

const SHOWN_AFTER_MS = 500;
const MOST_LOOKS = 20; // whoever locks a batch for longer ends with a new version of it

async function showSoon(db: Db, delivery: DeliveryRow): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await sleep(SHOWN_AFTER_MS);
    if (await showChange(db, delivery)) return;
  }
}

async function recordHealth(
  trx: Db,
  delivery: DeliveryRow,
  done: Attempt,
): Promise<DisabledEndpoint | undefined> {
  if (!isDelivered(done))
    return endpointFailed(trx, delivery, { isGone: done.status === GONE, timedOut: done.timedOut });
  await endpointSucceeded(trx, delivery);
  return undefined;
}

/** What the other endpoints are told. */
function reportsOf(
  delivery: DeliveryRow,
  { attempt, state, done }: Outcome,
  disabled: DisabledEndpoint | undefined,
): NewEvent[] {
  const { tenant_id, delivery_id, event_id, endpoint_id, type, batch_id, kind, url } = delivery;
  const reports = disabled?.kind === 'registered' ? [disabledEvent(disabled)] : [];
  if (state !== 'exhausted' || !isReported(type)) return reports;
  const payload = {
    delivery: {
      id: publicId('dlv', delivery_id),
      event: { id: publicId('evt', event_id), type },
      batch_id: batch_id && publicId('bat', batch_id),
      endpoint: { id: publicId('whe', endpoint_id), kind, host: new URL(url).host },
      attempt_count: attempt,
      last_status: done.status,
      last_error: done.error,
    },
  };
  const about = { tenantId: tenant_id, at: new Date(delivery.now), notTo: endpoint_id };
  return [...reports, { ...about, type: 'webhook.delivery_exhausted', payload }];
}

/** Success is 2xx alone: a redirect is a failure. */
function isDelivered({ status }: Attempt): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** How long until the next attempt; undefined where there is none. @param attempt since the schedule began */
function waitOf(schedule: Schedule, attempt: number, done: Attempt): number | undefined {
  if (isDelivered(done) || done.status === GONE || done.refused === 'never') return undefined;
  if (done.refused === 'not_now' && attempt >= TRIES_WHERE_DENIED) return undefined;
  return waitAfter(schedule, attempt, done.overload, Math.random());
}

const RECEIVERS = { configured: 'WEBHOOK_URL', callback: 'callback_url', registered: 'endpoint' };

/** Only the host of a URL: the rest may be a secret. */
function logGivenUp(log: Logger, delivery: DeliveryRow, { status, error }: Attempt): void {
  const { kind, url, batch_id, type } = delivery;
  const receiver = RECEIVERS[kind];
  const why = status === GONE ? 'it answered 410 Gone' : (error ?? `it answered HTTP ${status}`);
  const batch = batch_id === null ? undefined : publicId('bat', batch_id);
  const endpoint = publicId('whe', delivery.endpoint_id);
  const lost = kind === 'registered' ? `the endpoint lacks a ${type}` : 'the batch is not told';
  log.warn(
    { batch, receiver, endpoint, host: new URL(url).host, status },
    `a webhook is given up, and ${lost}: ${receiver}: ${why}`,
  );
}

function logDisabled(log: Logger, { endpoint_id, kind, url, disabled_because }: DisabledEndpoint): void {
  log.warn(
    { endpoint: publicId('whe', endpoint_id), kind, host: new URL(url).host },
    `a webhook endpoint was disabled: ${disabled_because}`,
  );
}
