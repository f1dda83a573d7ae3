/**
 * Quotas of a tenant: batches at once, images a day, stored bytes. They hold over all processes.
 *
 * An upload is checked twice: before its body is read (checkQuotas), so that nobody sends a file in vain, and
 * in the transaction that accepts it (countUpload). The second check locks the row of the tenant first, so of
 * two uploads at the edge of a quota one sees the other. It is the last step of its transaction: the lock is
 * held for milliseconds, and a transaction that waits for it holds nothing that its holder needs.
 */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { LIMIT_COLUMNS, type LimitRow, limitsOf, type TenantLimits } from './tenant-limits.ts';

/** The limits of a tenant, and what it uses of them. */
export type Standing = {
  limits: TenantLimits;
  runningBatches: number;
  imagesToday: number;
  storedBytes: number;
  /** the next midnight in UTC, when images of the day are counted anew */
  resetsAt: Date;
  now: Date;
};

type StandingRow = LimitRow & {
  running: number;
  images_today: number;
  stored: number;
  resets_at: Date;
  now: Date;
};

const RETRY_RUNNING_AFTER_S = 30;
// Not now(): the transaction of an upload may begin long before it is counted, even on the day before.
const TODAY = sql`(clock_timestamp() at time zone 'utc')::date`;

/** @returns undefined when there is no such tenant */
export async function findStanding(db: Db, tenantId: number): Promise<Standing | undefined> {
  const { rows } = await sql<StandingRow>`
    select ${LIMIT_COLUMNS},
      (select count(*) from batches b where b.tenant_id = t.tenant_id and b.ended_at is null) as running,
      coalesce((select images from usage_days d where d.tenant_id = t.tenant_id and d.day = ${TODAY}), 0) as images_today,
      coalesce((select sum(bytes) from stored_bytes s where s.tenant_id = t.tenant_id), 0)::bigint as stored,
      (${TODAY} + 1)::timestamp at time zone 'utc' as resets_at, clock_timestamp() as now
    from tenants t where t.tenant_id = ${tenantId}`.execute(db);
  const [row] = rows;
  return (
    row && {
      limits: limitsOf(row),
      runningBatches: row.running,
      imagesToday: row.images_today,
      storedBytes: row.stored,
      resetsAt: row.resets_at,
      now: row.now,
    }
  );
}

/** What an upload may have at most, and the problem if it has more. */
export type ImageAllowance = { images: number; exceeded(): Problem };

/**
 * Checks, before the body of an upload is read, whether the tenant may send one.
 * @throws Problem `quota_exceeded`, `quota_insufficient`
 */
export async function checkQuotas(db: Db, tenantId: number): Promise<ImageAllowance> {
  const standing = await standingOf(db, tenantId);
  refuseStoredBytes(standing);
  refuseBatches(standing, 1);
  const { imagesPerDay } = standing.limits;
  const images = imagesPerDay === null ? Number.POSITIVE_INFINITY : imagesPerDay - standing.imagesToday;
  if (images <= 0) throw imagesExceeded(standing, 1);
  return { images, exceeded: () => imagesExceeded(standing, images + 1) };
}

/**
 * Counts an upload, in the transaction that has inserted its batch.
 * @throws Problem `quota_exceeded`, `quota_insufficient`
 */
export async function countUpload(
  trx: Db,
  { tenantId, images, bytes }: { tenantId: number; images: number; bytes: number },
): Promise<void> {
  await lockTenant(trx, tenantId);
  const standing = await standingOf(trx, tenantId);
  refuseStoredBytes(standing);
  refuseBatches(standing, 0);
  const { imagesPerDay } = standing.limits;
  if (imagesPerDay !== null && standing.imagesToday + images > imagesPerDay)
    throw imagesExceeded(standing, images);
  await sql`
    insert into usage_days as d (tenant_id, day, batches, images, upload_bytes)
    values (${tenantId}, ${TODAY}, 1, ${images}, ${bytes})
    on conflict (tenant_id, day) do update
      set batches = d.batches + 1, images = d.images + excluded.images,
        upload_bytes = d.upload_bytes + excluded.upload_bytes`.execute(trx);
}

/**
 * Checks a batch that was started again, in the transaction that did so. Its images were counted on the day of
 * their upload.
 * @throws Problem `quota_exceeded`, `quota_insufficient`
 */
export async function checkRestart(trx: Db, tenantId: number): Promise<void> {
  await lockTenant(trx, tenantId);
  const standing = await standingOf(trx, tenantId);
  refuseStoredBytes(standing);
  refuseBatches(standing, 0);
}

/** Rows that refer to the tenant may still be inserted. */
async function lockTenant(trx: Db, tenantId: number): Promise<void> {
  await sql`select from tenants where tenant_id = ${tenantId} for no key update`.execute(trx);
}

export async function standingOf(db: Db, tenantId: number): Promise<Standing> {
  const standing = await findStanding(db, tenantId);
  if (!standing) throw new Problem('not_found', { detail: 'The tenant was deleted.' });
  return standing;
}

/** @param more batches that are not inserted yet */
function refuseBatches({ limits: { batchesAtOnce: limit }, runningBatches }: Standing, more: number): void {
  if (limit === null || runningBatches + more <= limit) return;
  const used = runningBatches + more - 1;
  throw new Problem('quota_exceeded', {
    detail: `Batches at once: ${used} of ${limit} are in use by the tenant. Send the request again when a batch has ended.`,
    quota: { name: 'batches_at_once', limit, used, resets_at: null },
    retryAfterS: RETRY_RUNNING_AFTER_S,
  });
}

function refuseStoredBytes({ limits: { storedBytes: limit }, storedBytes: used }: Standing): void {
  if (limit === null || used < limit) return;
  throw new Problem('quota_insufficient', {
    detail: `The tenant may store ${limit} bytes, and stores ${used}. Delete batches that are no longer needed, and send the request again.`,
    quota: { name: 'stored_bytes', limit, used, resets_at: null },
  });
}

/** @param images how many the upload has at least */
function imagesExceeded({ limits, imagesToday: used, resetsAt, now }: Standing, images: number): Problem {
  const limit = limits.imagesPerDay ?? 0;
  const helpsToWait = images <= limit;
  const until = resetsAt.toISOString();
  const what = `The tenant may upload ${limit} images a day, of which ${used} are used today, and this upload has ${images} or more.`;
  const advice = helpsToWait ? `Send it again after ${until}.` : 'Split the file.';
  return new Problem(helpsToWait ? 'quota_exceeded' : 'quota_insufficient', {
    detail: `${what} ${advice}`,
    quota: { name: 'images_per_day', limit, used, resets_at: until },
    retryAfterS: helpsToWait ? Math.ceil((resetsAt.getTime() - now.getTime()) / 1_000) : undefined,
  });
}

export type UsageDay = { day: string; batches: number; images: number; upload_bytes: number };

/** The uploads of the last 31 days, newest first. */
export async function listUsageDays(db: Db, tenantId: number): Promise<UsageDay[]> {
  const { rows } = await sql<UsageDay>`
    select to_char(day, 'YYYY-MM-DD') as day, batches, images, upload_bytes from usage_days
    where tenant_id = ${tenantId} and day > ${TODAY} - 31
    order by usage_days.day desc`.execute(db);
  return rows;
}

/** The audit log of a deleted tenant stays, and its stored bytes count down with the purge of its files. */
export async function deleteUsageOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from usage_days where tenant_id = ${tenantId}`.execute(db);
}
