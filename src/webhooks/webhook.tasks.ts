import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Guard } from '../net/guard.ts';
import { type Pump, startPump } from '../queue/pump.ts';
import type { ClaimLimits, Queue } from '../queue/queue.ts';
import { retryPassingTrouble } from '../queue/retry.ts';
import { hasOpenTask } from '../queue/stored-tasks.ts';
import type { WakeUps } from '../queue/wake-ups.ts';
import type { TaskData } from '../queue/tasks.ts';
import { type AttemptTask, queueAttempts, SLOW_LANE } from './events.ts';
import { post } from './post.ts';
import { type DeliveryRow, endUnsent, recordAttempt, type RecordParts } from './record-attempt.ts';

export type WebhookParts = RecordParts & {
  guard: Guard;
  userAgent: string;
  /** of one attempt, in all */
  timeoutMs: number;
  /** tell of new deliveries; without them polls find those */
  wakeUps?: WakeUps;
};

const OF_ONE_ENDPOINT = { default: 2, tiers: { [SLOW_LANE.tier]: 1 } };
const POLL_MS = 500;
// An attempt that has waited this long for its answer no longer counts in the capacity of its lane: the pump
// lets four times as many wait. So 320 receivers hang before a healthy one waits for them.
const PATIENCE_MS = 1_000;

type Lane = { capacity: number; limits: ClaimLimits };

/**
 * Receivers whose last attempt timed out have a lane of their own, where they wait for each other. It has half
 * of the other one's capacity.
 */
const LANES: Record<string, Lane> = {
  usual: { capacity: 64, limits: { ofOneGroup: OF_ONE_ENDPOINT, minPriority: 0 } },
  slow: { capacity: 32, limits: { ofOneGroup: OF_ONE_ENDPOINT, maxPriority: SLOW_LANE.priority } },
};

/**
 * Delivers what is due. An attempt whose result was recorded is not made again; one whose worker died in
 * between is, so a receiver may see it twice.
 */
export function startDeliveries(parts: WebhookParts): Pick<Pump, 'pause' | 'stop'> {
  const pumps = Object.values(LANES).map((lane) => startLane(parts, lane));
  return {
    pause(key, reason) {
      for (const pump of pumps) pump.pause(key, reason);
    },
    async stop(graceMs) {
      await Promise.all(pumps.map((pump) => pump.stop(graceMs)));
    },
  };
}

function startLane(parts: WebhookParts, { capacity, limits }: Lane): Pump {
  const { queue, wakeUps, log } = parts;
  let waiting = 0;
  return startPump<'deliver_webhook', TaskData['deliver_webhook'], void>({
    queue,
    name: 'deliver_webhook',
    capacity,
    waiting: () => waiting,
    limits,
    pollMs: POLL_MS,
    ...(wakeUps && { wakeUps }),
    claim: async (tasks) => new Map(tasks.map(({ id, data }) => [id, data])),
    async handle(task, signal) {
      let isWaiting = false;
      const timer = setTimeout(() => {
        isWaiting = true;
        waiting += 1;
      }, PATIENCE_MS);
      try {
        await attempt(parts, task, signal);
      } finally {
        clearTimeout(timer);
        if (isWaiting) waiting -= 1;
      }
    },
    async record(finished) {
      await queue.remove(
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
  if (delivery.disabled_because !== null) return endUnsent(parts.db, delivery);
  const done = await post(delivery, parts, signal);
  signal.throwIfAborted(); // that we end, or another worker has it, is no failure of the receiver
  // Repeated: without a record the receiver would get it again. The batch may be locked by its retry, for example.
  await retryPassingTrouble(() => recordAttempt(parts, delivery, { attempt: task.attempt, done }), {
    isOver: () => signal.aborted,
    onRetry: (error) => parts.log.warn({ err: error }, 'recording an attempt failed, retrying'),
  });
}

/** The delivery, where this attempt of it is still to be made. */
async function findDue(
  db: Db,
  { tenant_id, delivery_id, attempt }: TaskData['deliver_webhook'],
): Promise<DeliveryRow | undefined> {
  const { rows } = await sql<DeliveryRow>`
    select d.tenant_id, d.delivery_id, d.event_id, d.endpoint_id, d.attempts_before, p.url, p.kind, e.type, e.body, e.batch_id,
      case when p.kind <> 'callback' then p.disabled_because end as disabled_because,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
      array_remove(array[
        case when p.signature <> 'v1a' then p.secret end,
        case when p.signature <> 'v1' then p.private_key end,
        case when p.signature <> 'v1a' and p.old_until > clock_timestamp() then p.old_secret end,
        case when p.signature <> 'v1' and p.old_until > clock_timestamp() then p.old_private_key end
      ], null) as keys
    from webhook_deliveries d
    join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
    join webhook_endpoints p on p.tenant_id = d.tenant_id and p.endpoint_id = d.endpoint_id
    where d.tenant_id = ${tenant_id} and d.delivery_id = ${delivery_id}
      and d.state = 'pending' and d.attempts = ${attempt - 1}`.execute(db);
  return rows[0];
}

/**
 * Queues deliveries again whose task was lost: due for a minute without an open task. It is idempotent.
 * @returns how many there were
 */
export async function rescueDeliveries(db: Db, queue: Queue): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<AttemptTask>`
      select d.tenant_id, d.delivery_id, p.url, p.slow, d.attempts + 1 as attempt, 0 as wait_ms
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
