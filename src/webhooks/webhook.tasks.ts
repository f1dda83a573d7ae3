import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { publicId } from '../ids.ts';
import type { Guard } from '../net/guard.ts';
import { type Pump, startPump } from '../queue/pump.ts';
import type { Queue } from '../queue/queue.ts';
import { hasOpenTask } from '../queue/stored-tasks.ts';
import type { TaskData } from '../queue/tasks.ts';
import { disableCallback } from './endpoints.ts';
import { type AttemptTask, queueAttempts } from './events.ts';
import { type Attempt, type Delivery, post } from './post.ts';
import { type Schedule, waitAfter } from './schedule.ts';

export type WebhookParts = {
  db: Db;
  queue: Queue;
  guard: Guard;
  userAgent: string;
  schedule: Schedule;
  /** of one attempt, in all */
  timeoutMs: number;
  log: Logger;
};

const GONE = 410;

// A name that leads inside may be one whose entry is being changed. It is tried again after 5 s and 5 m only.
const TRIES_WHERE_DENIED = 3;

type DeliveryRow = Delivery & {
  tenant_id: number;
  delivery_id: string;
  endpoint_id: string;
  batch_id: string | null;
  kind: 'configured' | 'callback';
};

// Each waits on the network. An endpoint that hangs holds two of them until its attempt times out, and so
// many endpoints may hang before others wait for them.
const AT_A_TIME = 64;
const OF_ONE_ENDPOINT = 2;
const POLL_MS = 500;

/**
 * Delivers what is due. An attempt whose result was recorded is not made again; one whose worker died in
 * between is, so a receiver may see it twice.
 */
export function startDeliveries(parts: WebhookParts): Pump {
  return startPump<'deliver_webhook', TaskData['deliver_webhook'], void>({
    queue: parts.queue,
    name: 'deliver_webhook',
    capacity: AT_A_TIME,
    ofOneGroup: OF_ONE_ENDPOINT,
    pollMs: POLL_MS,
    claim: async (tasks) => new Map(tasks.map(({ id, data }) => [id, data])),
    handle: (task, signal) => attempt(parts, task, signal),
    async record(finished) {
      await parts.queue.remove(
        'deliver_webhook',
        finished.map(({ task }) => task),
      );
    },
    log: parts.log,
  });
}

async function attempt(
  parts: WebhookParts,
  task: TaskData['deliver_webhook'],
  signal: AbortSignal,
): Promise<void> {
  const delivery = await findDue(parts.db, task);
  if (!delivery) return;
  const done = await post(delivery, parts, signal);
  signal.throwIfAborted(); // that we end, or another worker has it, is no failure of the receiver
  await record(parts, delivery, task.attempt, done);
}

/** The delivery, where this attempt of it is still to be made. */
async function findDue(
  db: Db,
  { tenant_id, delivery_id, attempt }: TaskData['deliver_webhook'],
): Promise<DeliveryRow | undefined> {
  const { rows } = await sql<DeliveryRow>`
    select d.tenant_id, d.delivery_id, d.event_id, d.endpoint_id, p.url, p.secret, p.kind, e.body, e.batch_id,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as now
    from webhook_deliveries d
    join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
    join webhook_endpoints p on p.tenant_id = d.tenant_id and p.endpoint_id = d.endpoint_id
    where d.tenant_id = ${tenant_id} and d.delivery_id = ${delivery_id}
      and d.state = 'pending' and d.attempts = ${attempt - 1}`.execute(db);
  return rows[0];
}

async function record(
  { db, queue, schedule, log }: WebhookParts,
  delivery: DeliveryRow,
  attempt: number,
  done: Attempt,
): Promise<void> {
  const { tenant_id, delivery_id, endpoint_id, url } = delivery;
  const waitMs = waitOf(schedule, attempt, done);
  const state = isDelivered(done) ? 'delivered' : waitMs === undefined ? 'exhausted' : 'pending';
  const isRecorded = await db.transaction().execute(async (trx) => {
    const { numAffectedRows } = await sql`
      update webhook_deliveries
      set state = ${state}, attempts = ${attempt}, last_status = ${done.status},
        next_attempt_at = now() + ${waitMs ?? null}::float8 * interval '1 millisecond',
        ended_at = case when ${state} = 'pending' then null else now() end
      where tenant_id = ${tenant_id} and delivery_id = ${delivery_id}
        and state = 'pending' and attempts = ${attempt - 1}`.execute(trx);
    if (numAffectedRows === 0n) return false; // another worker recorded this attempt
    await sql`
      insert into webhook_attempts (tenant_id, delivery_id, attempt, status, error, duration_ms, answer)
      values (${tenant_id}, ${delivery_id}, ${attempt}, ${done.status}, ${done.error}, ${done.durationMs}, ${done.answer})`.execute(
      trx,
    );
    await showChange(trx, delivery);
    if (done.status === GONE) await disableCallback(trx, tenant_id, endpoint_id);
    if (waitMs !== undefined)
      await queueAttempts(
        trx,
        [{ tenant_id, delivery_id, url, attempt: attempt + 1, wait_ms: waitMs }],
        queue,
      );
    return true;
  });
  if (isRecorded && state === 'exhausted') tellGivenUp(log, delivery, done);
}

/** Success is 2xx alone: a redirect is a failure. */
function isDelivered({ status }: Attempt): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** How long until the next attempt; undefined where there is none. */
function waitOf(schedule: Schedule, attempt: number, done: Attempt): number | undefined {
  if (isDelivered(done) || done.status === GONE || done.refused === 'never') return undefined;
  if (done.refused === 'not_now' && attempt >= TRIES_WHERE_DENIED) return undefined;
  return waitAfter(schedule, attempt, done.overload, Math.random());
}

/** Only the host of a callback_url: the rest may be a secret. */
function tellGivenUp(log: Logger, { kind, url, batch_id }: DeliveryRow, { status, error }: Attempt): void {
  const receiver = kind === 'configured' ? 'WEBHOOK_URL' : 'callback_url';
  const why = status === GONE ? 'it answered 410 Gone' : (error ?? `it answered HTTP ${status}`);
  const batch = batch_id === null ? undefined : publicId('bat', batch_id);
  log.warn(
    { batch, receiver, host: new URL(url).host, status },
    `a webhook is given up, and the batch is not told: ${receiver}: ${why}`,
  );
}

/** The status of the batch shows its webhook, so it has a new version. */
async function showChange(trx: Db, { tenant_id, event_id }: DeliveryRow): Promise<void> {
  await sql`
    update batches b set version = version + 1
    from webhook_events e
    where e.tenant_id = ${tenant_id} and e.event_id = ${event_id}
      and b.tenant_id = e.tenant_id and b.batch_id = e.batch_id`.execute(trx);
}

/**
 * Queues deliveries again whose task was lost: due for a minute without an open task. It is idempotent.
 * @returns how many there were
 */
export async function rescueDeliveries(db: Db, queue: Queue): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<AttemptTask>`
      select d.tenant_id, d.delivery_id, p.url, d.attempts + 1 as attempt, 0 as wait_ms
      from webhook_deliveries d
      join webhook_endpoints p on p.tenant_id = d.tenant_id and p.endpoint_id = d.endpoint_id
      where d.state = 'pending' and d.next_attempt_at < now() - interval '1 minute'
        and not ${hasOpenTask({ name: 'deliver_webhook', data: { delivery_id: sql`d.delivery_id` } })}
      limit 100
      for update of d skip locked`.execute(trx);
    await queueAttempts(trx, rows, queue);
    return rows.length;
  });
}
