import { sql } from 'kysely';
import type { Logger } from 'pino';
import { request } from 'undici';
import type { Db } from '../db/database.ts';
import { publicId } from '../ids.ts';
import type { Guard } from '../net/guard.ts';
import { type Pump, startPump } from '../queue/pump.ts';
import type { Queue } from '../queue/queue.ts';
import type { TaskData } from '../queue/tasks.ts';
import { disableEndpoint } from './endpoints.ts';
import { type AttemptTask, queueAttempts } from './events.ts';
import { type Overload, type Schedule, waitAfter } from './schedule.ts';
import { sign } from './signing.ts';

export type WebhookParts = {
  db: Db;
  queue: Queue;
  guard: Guard;
  userAgent: string;
  schedule: Schedule;
  /** of one attempt, in all */
  timeoutMs: number;
};

const MAX_ANSWER_BYTES = 16 * 1024;
const GONE = 410;

type DeliveryRow = {
  tenant_id: number;
  delivery_id: string;
  event_id: string;
  endpoint_id: string;
  url: string;
  secret: string;
  body: string;
};

/** What came of an attempt. `status` is null where there was no answer. */
type Attempt = {
  status: number | null;
  error: string | null;
  durationMs: number;
  answer: string;
  overload: Overload;
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
export function startDeliveries({ log, ...parts }: WebhookParts & { log: Logger }): Pump {
  return startPump<'deliver_webhook', TaskData['deliver_webhook'], void>({
    queue: parts.queue,
    name: 'deliver_webhook',
    slots: AT_A_TIME,
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
    log,
  });
}

async function attempt(
  parts: WebhookParts,
  task: TaskData['deliver_webhook'],
  signal: AbortSignal,
): Promise<void> {
  const delivery = await findDue(parts.db, task);
  if (!delivery) return;
  const done = await post(parts, delivery, signal);
  signal.throwIfAborted(); // that we end, or another worker has it, is no failure of the receiver
  await record(parts, delivery, task.attempt, done);
}

/** The delivery, where this attempt of it is still to be made. */
async function findDue(
  db: Db,
  { tenant_id, delivery_id, attempt }: TaskData['deliver_webhook'],
): Promise<DeliveryRow | undefined> {
  const { rows } = await sql<DeliveryRow>`
    select d.tenant_id, d.delivery_id, d.event_id, d.endpoint_id, p.url, p.secret, e.body
    from webhook_deliveries d
    join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
    join webhook_endpoints p on p.tenant_id = d.tenant_id and p.endpoint_id = d.endpoint_id
    where d.tenant_id = ${tenant_id} and d.delivery_id = ${delivery_id}
      and d.state = 'pending' and d.attempts = ${attempt - 1}`.execute(db);
  return rows[0];
}

/** Success is 2xx alone: a redirect is a failure, and is not followed. */
async function post(
  { guard, userAgent, timeoutMs }: WebhookParts,
  delivery: DeliveryRow,
  signal: AbortSignal,
): Promise<Attempt> {
  const at = Date.now();
  const result = (rest: Partial<Attempt>): Attempt => ({
    status: null,
    error: null,
    answer: '',
    overload: { retryAfterMs: undefined, isOverloaded: false },
    ...rest,
    durationMs: Date.now() - at,
  });
  const checked = guard.check(delivery.url);
  if ('refused' in checked) return result({ error: checked.why });
  try {
    const response = await request(checked.url, {
      dispatcher: guard.agent,
      method: 'POST',
      headers: {
        ...sign(delivery.secret, { id: publicId('evt', delivery.event_id), at, body: delivery.body }),
        'content-type': 'application/json',
        'user-agent': userAgent,
      },
      body: delivery.body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const status = response.statusCode;
    const retryAfter = Number(response.headers['retry-after']);
    const overload = {
      retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
      isOverloaded: status === 429,
    };
    return result({ status, overload, answer: await beginning(response.body) });
  } catch (error) {
    const { name, message } = error as Error;
    const isOverloaded = name === 'TimeoutError' || /Timeout/.test(name);
    return result({ error: message || name, overload: { retryAfterMs: undefined, isOverloaded } });
  }
}

/** At most 16 KiB; what PostgreSQL's text cannot hold is left out. */
async function beginning(body: AsyncIterable<Buffer>): Promise<string> {
  let read = Buffer.alloc(0);
  for await (const chunk of body) {
    read = Buffer.concat([read, chunk]);
    if (read.length >= MAX_ANSWER_BYTES) break; // leaving the loop destroys the rest
  }
  return read.subarray(0, MAX_ANSWER_BYTES).toString('utf8').replaceAll('\0', '');
}

async function record(
  { db, queue, schedule }: WebhookParts,
  delivery: DeliveryRow,
  attempt: number,
  done: Attempt,
): Promise<void> {
  const { tenant_id, delivery_id, endpoint_id } = delivery;
  const isDelivered = done.status !== null && done.status >= 200 && done.status < 300;
  const isGone = done.status === GONE;
  const waitMs =
    isDelivered || isGone ? undefined : waitAfter(schedule, attempt, done.overload, Math.random());
  const state = isDelivered ? 'delivered' : waitMs === undefined ? 'exhausted' : 'pending';
  await db.transaction().execute(async (trx) => {
    const { numAffectedRows } = await sql`
      update webhook_deliveries
      set state = ${state}, attempts = ${attempt}, last_status = ${done.status},
        next_attempt_at = now() + ${waitMs ?? null}::float8 * interval '1 millisecond',
        ended_at = case when ${state} = 'pending' then null else now() end
      where tenant_id = ${tenant_id} and delivery_id = ${delivery_id}
        and state = 'pending' and attempts = ${attempt - 1}`.execute(trx);
    if (numAffectedRows === 0n) return; // another worker recorded this attempt
    await sql`
      insert into webhook_attempts (tenant_id, delivery_id, attempt, status, error, duration_ms, answer)
      values (${tenant_id}, ${delivery_id}, ${attempt}, ${done.status}, ${done.error}, ${done.durationMs}, ${done.answer})`.execute(
      trx,
    );
    await showChange(trx, delivery);
    if (isGone) await disableEndpoint(trx, tenant_id, endpoint_id, 'it answered 410 Gone');
    if (waitMs !== undefined)
      await queueAttempts(
        trx,
        [{ tenant_id, delivery_id, endpoint_id, attempt: attempt + 1, wait_ms: waitMs }],
        queue,
      );
  });
}

/** The status of the batch shows its webhook, so it has a new version. */
async function showChange(trx: Db, { tenant_id, event_id }: DeliveryRow): Promise<void> {
  await sql`
    update batches b set version = version + 1
    from webhook_events e
    where e.tenant_id = ${tenant_id} and e.event_id = ${event_id}
      and b.tenant_id = e.tenant_id and b.batch_id = e.batch_id`.execute(trx);
}

/** Deliveries whose task was lost: due for a minute, and nobody tries. Doing it twice does no harm. */
export async function rescueDeliveries(db: Db, queue: Queue): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<AttemptTask>`
      select d.tenant_id, d.delivery_id, d.endpoint_id, d.attempts + 1 as attempt, 0 as wait_ms from webhook_deliveries d
      where d.state = 'pending' and d.next_attempt_at < now() - interval '1 minute'
        and not exists (
          select from pgboss.job j
          where j.name = 'deliver_webhook' and j.data ->> 'delivery_id' = d.delivery_id::text and j.state < 'completed')
      limit 100
      for update of d skip locked`.execute(trx);
    await queueAttempts(trx, rows, queue);
  });
}
