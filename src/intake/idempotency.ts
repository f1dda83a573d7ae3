/**
 * Idempotency keys. A key belongs to the first request that sends it:
 *
 * (none) -> leased     the request is being handled; its lease is renewed until it ends
 * leased -> answered   the answer is stored in the transaction of the upload, and kept for 24 h
 * leased -> (none)     the request failed, and nothing was stored; once the database is back, if it was unavailable
 *
 * A lease expires when its process was killed; the next request with the key takes it over.
 * Terms: draft-ietf-httpapi-idempotency-key-header-07.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';

const LEASE_S = 30;
const RENEW_EVERY_MS = 10_000;
const GIVE_BACK_EVERY_MS = 500;
const KEPT_H = 24;

/** The answer to the first request with a key, and the SHA-256 of that request. */
export type StoredAnswer = { is: 'answered'; key: string; requestSha256: Buffer; answer: unknown };

/**
 * Takes the key of a request.
 * @param key undefined when the request has none
 * @returns a lease for the first request with the key, the stored answer for later ones, undefined without a key
 * @throws Problem `bad_request`, and `idempotency_key_in_use` while the first request is being handled
 */
export async function takeKey(
  db: Db,
  tenantId: number,
  key: string | undefined,
): Promise<KeyLease | StoredAnswer | undefined> {
  if (key === undefined) return undefined;
  const holding = { tenantId, key: checked(key), holder: randomUUID() };
  if (await takeLease(db, holding)) return new KeyLease(db, holding);
  const stored = await findAnswer(db, holding);
  if (!stored?.answer) throw inUse(key);
  return { is: 'answered', key, requestSha256: stored.request_sha256, answer: stored.answer };
}

/**
 * The stored answer, if the first request with the key was the same as this one.
 * @param digests of this request, as this version and earlier ones compute them
 * @throws Problem `idempotency_key_reused`
 */
export function replayedAnswer({ key, requestSha256, answer }: StoredAnswer, digests: Buffer[]): unknown {
  if (!digests.some((digest) => digest.equals(requestSha256))) throw reused(key);
  return answer;
}

type Holding = { tenantId: number; key: string; holder: string };

/** The right to handle the request of a key. It renews itself until it is disposed. */
export class KeyLease implements Disposable {
  readonly is = 'leased';
  readonly #db: Db;
  readonly #holding: Holding;
  readonly #renewal: NodeJS.Timeout;

  constructor(db: Db, holding: Holding) {
    this.#db = db;
    this.#holding = holding;
    // A renewal that fails is tried again; storeAnswer finds out if the lease was lost meanwhile.
    this.#renewal = setInterval(() => void renewLease(db, holding).catch(() => {}), RENEW_EVERY_MS);
  }

  /**
   * Stores the answer in the transaction of the upload.
   * @throws Problem `idempotency_key_in_use` if another request has taken over the lease
   */
  async storeAnswer(trx: Db, requestSha256: Buffer, answer: object): Promise<void> {
    const { tenantId, key, holder } = this.#holding;
    const { numAffectedRows } = await sql`
      update idempotency_keys set request_sha256 = ${requestSha256}, answer = ${JSON.stringify(answer)}
      where tenant_id = ${tenantId} and key = ${key} and holder = ${holder}`.execute(trx);
    if (!numAffectedRows) throw inUse(key);
  }

  /** Frees the key of a request that failed; without the database, as soon as it is back. */
  async giveBack(): Promise<void> {
    await this.#free().catch(() => void this.#freeLater());
  }

  async #free(): Promise<void> {
    const { tenantId, key, holder } = this.#holding;
    await sql`
      delete from idempotency_keys
      where tenant_id = ${tenantId} and key = ${key} and holder = ${holder} and answer is null`.execute(
      this.#db,
    );
  }

  /** A client that was told to retry when the database is back must not find its key in use. */
  async #freeLater(): Promise<void> {
    const until = performance.now() + LEASE_S * 1_000;
    while (performance.now() < until) {
      await sleep(GIVE_BACK_EVERY_MS, undefined, { ref: false });
      const isFree = await this.#free().then(
        () => true,
        () => false,
      );
      if (isFree) return;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#renewal);
  }
}

/** @throws Problem `bad_request` */
function checked(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('bad_request', {
    detail: 'Idempotency-Key must have 1 to 255 visible ASCII characters; a UUID is a good one.',
  });
}

/** Succeeds if the key is free, its lease has expired, or its answer is no longer kept. */
async function takeLease(db: Db, { tenantId, key, holder }: Holding): Promise<boolean> {
  const { rows } = await sql`
    insert into idempotency_keys as k (tenant_id, key, holder, leased_until)
    values (${tenantId}, ${key}, ${holder}, now() + ${LEASE_S} * interval '1 second')
    on conflict (tenant_id, key) do update
      set holder = excluded.holder, leased_until = excluded.leased_until, created_at = now(),
        request_sha256 = null, answer = null
      where (k.answer is null and k.leased_until < now()) or k.created_at < now() - ${KEPT_H} * interval '1 hour'
    returning holder`.execute(db);
  return rows.length > 0;
}

async function renewLease(db: Db, { tenantId, key, holder }: Holding): Promise<void> {
  await sql`
    update idempotency_keys set leased_until = now() + ${LEASE_S} * interval '1 second'
    where tenant_id = ${tenantId} and key = ${key} and holder = ${holder}`.execute(db);
}

async function findAnswer(
  db: Db,
  { tenantId, key }: Holding,
): Promise<{ request_sha256: Buffer; answer: unknown } | undefined> {
  const { rows } = await sql<{ request_sha256: Buffer; answer: unknown }>`
    select request_sha256, answer from idempotency_keys
    where tenant_id = ${tenantId} and key = ${key}`.execute(db);
  return rows[0];
}

/** Deletes answers that are older than 24 h. */
export async function forgetOldAnswers(db: Db): Promise<void> {
  await sql`delete from idempotency_keys where created_at < now() - ${KEPT_H} * interval '1 hour'`.execute(
    db,
  );
}

function inUse(key: string): Problem {
  return new Problem('idempotency_key_in_use', {
    detail: `The first request with the Idempotency-Key "${key}" has not been answered yet. Retry in a moment.`,
  });
}

function reused(key: string): Problem {
  return new Problem('idempotency_key_reused', {
    detail: `The Idempotency-Key "${key}" was first sent with another file or other options. Use a new key for each upload.`,
  });
}

/** Deletes the keys of a tenant, with their answers. */
export async function deleteAnswersOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from idempotency_keys where tenant_id = ${tenantId}`.execute(db);
}
