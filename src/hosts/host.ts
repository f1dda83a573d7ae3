import { sql } from 'kysely';

/**
 * A host that images are downloaded from, by name and port. Its health is a circuit breaker:
 *
 * open -> held           it answered 429 or 503, or an operator said so: no request until the hold ends
 * open -> parked         its last 20 downloads failed to connect: a hold of a minute, then one trial request
 * parked -> open         the trial request was answered
 * parked -> given up     it was parked four times in a row: its images fail at once, and it still gets
 *                        one trial request a minute
 */
export type HostKey = { tenantId: number; host: string };

/** Identifies a host among those of all tenants, as the key of a Map. */
export function hostId({ tenantId, host }: HostKey): string {
  return `${tenantId} ${host}`;
}

const INITIAL_PERMITS = 6; // as many connections as browsers open to a host
export const MIN_PERMITS = 2;
export const PARKED_AFTER_FAILURES = 20;
export const PARKED_S = 60;
const GIVEN_UP_AFTER_PARKINGS = 4; // as many tries as an image has: the first one and three trial requests

/** SQL: how far the permits of a row `h` of `hosts` may grow. An outer join may have left the row empty. */
export function ceilingOf(hostConcurrency: number) {
  return sql`coalesce(h.ceiling, ${hostConcurrency}::integer)`;
}

/** SQL: the permits of a row `h` of `hosts` now. An outer join may have left the row empty. */
export function permitsNow(hostConcurrency: number) {
  return sql`(case
    when h.connect_failures >= ${PARKED_AFTER_FAILURES} then 1
    else floor(least(coalesce(h.places, ${INITIAL_PERMITS}), ${ceilingOf(hostConcurrency)}))::integer end)`;
}

/** SQL: whether the images of a row `h` of `hosts` fail without another download. */
export const IS_GIVEN_UP = sql`(h.parkings >= ${GIVEN_UP_AFTER_PARKINGS})`;
