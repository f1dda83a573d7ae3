/**
 * Requests that may be sent again. A key belongs to the request that came with it first:
 *
 * (none) -> leased     the request is in work; its lease is renewed until it ends
 * leased -> answered   stored in the transaction of what was done, for 24 h
 * leased -> (none)     the request failed, and nothing was done; when the database is back, if it was away
 *
 * A lease that runs out belonged to a process that was killed; the next request takes it over.
 * Terms: draft-ietf-httpapi-idempotency-key-header-07.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';

/** Keeps an answer in the transaction of what was done. @throws Problem `idempotency_key_in_use` when the lease was lost */
export type KeepAnswer<A> = (trx: Db, request: Buffer, answer: A) => Promise<void>;

export type Doing<A> = {
  /** SHA-256 of the request, when it is to be compared only, as this version and earlier ones make it */
  digests(): Promise<Buffer[]>;
  act(keep: KeepAnswer<A>): Promise<A>;
  /** completes an answer that an older version kept */
  read(stored: unknown): A;
};

const LEASE_S = 30;
const RENEW_EVERY_MS = 10_000;
const GIVE_BACK_EVERY_MS = 500;
const KEPT_H = 24;

/**
 * Does what a request asks for once, however often it is sent.
 * @param key undefined: the request has none, and is done
 * @throws Problem `idempotency_key_in_use`, `idempotency_key_reused`
 */
export async function onlyOnce<A>(
  db: Db,
  { tenantId, key }: { tenantId: number; key: string | undefined },
  { digests, act, read }: Doing<A>,
): Promise<{ answer: A; isReplay: boolean }> {
  if (key === undefined) return { answer: await act(async () => {}), isReplay: false };
  const lease = { tenantId, key: checked(key), holder: randomUUID() };
  if (!(await takeLease(db, lease))) {
    const first = await findAnswer(db, lease);
    if (!first?.answer) throw inUse(key);
    const { request_sha256 } = first;
    if (!(await digests()).some((digest) => digest.equals(request_sha256))) throw reused(key);
    return { answer: read(first.answer), isReplay: true };
  }
  using renewal = renewed(db, lease);
  void renewal;
  try {
    const answer = await act((trx, request, answer) => keepAnswer(trx, lease, { request, answer }));
    return { answer, isReplay: false };
  } catch (error) {
    await giveBack(db, lease).catch(() => void giveBackLater(db, lease));
    throw error;
  }
}

/** @throws Problem `bad_request` */
function checked(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('bad_request', {
    detail: 'Idempotency-Key must have 1 to 255 visible ASCII characters; a UUID is a good one.',
  });
}

type Lease = { tenantId: number; key: string; holder: string };

/** A key that nobody has, whose lease ran out, or whose answer is old enough to be forgotten. */
async function takeLease(db: Db, { tenantId, key, holder }: Lease): Promise<boolean> {
  const { rows } = await sql`
    insert into idempotency_keys as k (tenant_id, key, holder, leased_until)
    values (${tenantId}, ${key}, ${holder}, now() + ${LEASE_S} * interval '1 second')
    on conflict (tenant_id, key) do update
      set holder = excluded.holder, leased_until = excluded.leased_until, created_at = now(),
        request_sha256 = null, batch_id = null, answer = null
      where (k.answer is null and k.leased_until < now()) or k.created_at < now() - ${KEPT_H} * interval '1 hour'
    returning holder`.execute(db);
  return rows.length > 0;
}

async function findAnswer(
  db: Db,
  { tenantId, key }: Lease,
): Promise<{ request_sha256: Buffer; answer: unknown } | undefined> {
  const { rows } = await sql<{ request_sha256: Buffer; answer: unknown }>`
    select request_sha256, answer from idempotency_keys where tenant_id = ${tenantId} and key = ${key}`.execute(
    db,
  );
  return rows[0];
}

function renewed(db: Db, { tenantId, key, holder }: Lease): Disposable {
  const timer = setInterval(() => {
    void sql`
      update idempotency_keys set leased_until = now() + ${LEASE_S} * interval '1 second'
      where tenant_id = ${tenantId} and key = ${key} and holder = ${holder}`
      .execute(db)
      .catch(() => {}); // the next time, or never: then keepAnswer finds out
  }, RENEW_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function keepAnswer(
  trx: Db,
  { tenantId, key, holder }: Lease,
  { request, answer }: { request: Buffer; answer: unknown },
): Promise<void> {
  const { numAffectedRows } = await sql`
    update idempotency_keys set request_sha256 = ${request}, answer = ${JSON.stringify(answer)}
    where tenant_id = ${tenantId} and key = ${key} and holder = ${holder}`.execute(trx);
  if (!numAffectedRows) throw inUse(key);
}

async function giveBack(db: Db, { tenantId, key, holder }: Lease): Promise<void> {
  await sql`
    delete from idempotency_keys
    where tenant_id = ${tenantId} and key = ${key} and holder = ${holder} and answer is null`.execute(db);
}

/** Whoever was told to come again when the database is back must not find the key in use then. */
async function giveBackLater(db: Db, lease: Lease): Promise<void> {
  for (const takenAt = performance.now(); performance.now() - takenAt < LEASE_S * 1_000;) {
    await sleep(GIVE_BACK_EVERY_MS, undefined, { ref: false });
    const isFree = await giveBack(db, lease).then(
      () => true,
      () => false,
    );
    if (isFree) return;
  }
}

/** Removes the answers that are kept no longer. */
export async function forgetOldAnswers(db: Db): Promise<void> {
  await sql`delete from idempotency_keys where created_at < now() - ${KEPT_H} * interval '1 hour'`.execute(
    db,
  );
}

function inUse(key: string): Problem {
  return new Problem('idempotency_key_in_use', {
    detail: `The first request with the Idempotency-Key "${key}" is not answered yet. Ask again in a moment.`,
  });
}

function reused(key: string): Problem {
  return new Problem('idempotency_key_reused', {
    detail: `The Idempotency-Key "${key}" came first with another file or other options. Use a new key for each upload.`,
  });
}
