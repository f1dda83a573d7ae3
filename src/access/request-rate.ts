import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { findLimits } from './tenant-limits.ts';
import { type BucketState, TokenBuckets } from './token-buckets.ts';

/** A bucket holds the requests of this time, so that a page or a script may send many at once. */
const BURST_S = 10;
const LIMITS_ARE_FRESH_MS = 5_000;

/**
 * Limits the requests per second of each API key, in this process. Its response has the fields `RateLimit` and
 * `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11; the syntax is that of versions since 08).
 *
 * Not @fastify/rate-limit (11.2): it counts in fixed windows, which let twice the limit pass at their edge and
 * then nothing for the rest of a window, and it sends the three fields of the draft's version 06.
 * @param fallback for tenants that have no limit of their own; 0: no limit
 */
export function limitRequests(db: Db, fallback: number) {
  const buckets = new TokenBuckets();
  const rateOf = cachedRates(db, fallback);

  return async ({ principal }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (!principal?.key) return; // public, or without keys, when only this machine can send requests
    const perSecond = await rateOf(principal.tenantId);
    if (perSecond === 0) return;
    const capacity = perSecond * BURST_S;
    const state = buckets.take(principal.key.id, { perSecond, capacity });
    void reply.header('ratelimit-policy', `"requests";q=${capacity};w=${BURST_S}`);
    void reply.header('ratelimit', `"requests";r=${state.left};t=${Math.ceil(state.fullInS)}`);
    if (state.isEmpty) throw tooMany(perSecond, state);
  };
}

function tooMany(perSecond: number, { waitS }: BucketState): Problem {
  return new Problem('too_many_requests', {
    detail: `The API key may send ${perSecond} requests per second, and has used up those of the last ${BURST_S} s. Send the request again later.`,
    retryAfterS: Math.ceil(waitS),
  });
}

/** The limits of tenants, read at most once in 5 s each. While the database is away, the last ones apply. */
function cachedRates(db: Db, fallback: number): (tenantId: number) => Promise<number> {
  const cache = new Map<number, { rate: Promise<number>; until: number }>();
  return (tenantId) => {
    const cached = cache.get(tenantId);
    if (cached && performance.now() < cached.until) return cached.rate;
    const last = cached?.rate ?? Promise.resolve(fallback);
    const rate = findLimits(db, tenantId).then(
      (limits) => limits?.requestsPerSecond ?? fallback,
      () => last,
    );
    cache.set(tenantId, { rate, until: performance.now() + LIMITS_ARE_FRESH_MS });
    return rate;
  };
}
