import { sql } from 'kysely';

/**
 * A host that images come from, by name and port.
 *
 * open -> held      it answered 429 or 503, or an operator said so: no download before its time
 * open -> parked    its last downloads all failed to connect: a hold of a minute, and then one probe
 * parked -> open    the probe was answered
 * parked -> given up    so many probes failed that its images end; a probe a minute goes on
 */
export type HostKey = { tenantId: number; host: string };

/** What tells the hosts of all tenants apart. */
export function hostId({ tenantId, host }: HostKey): string {
  return `${tenantId} ${host}`;
}

const INITIAL_PERMITS = 6; // what browsers open to a host
export const MIN_PERMITS = 2;
export const PARKED_AFTER_FAILURES = 20;
export const PARKED_S = 60;
const GIVEN_UP_AFTER_PARKINGS = 4; // the first one, and three probes that failed: as often as an image is tried

/** Of a row `h` of `hosts`, which an outer join may have left empty: how many downloads may be open. */
export function permitsNow(hostConcurrency: number) {
  return sql`(case
    when h.connect_failures >= ${PARKED_AFTER_FAILURES} then 1
    else floor(least(coalesce(h.places, ${INITIAL_PERMITS}), coalesce(h.ceiling, ${hostConcurrency})))::integer end)`;
}

/** Of a row `h` of `hosts`: whether its images end without another download. */
export const IS_GIVEN_UP = sql`(h.parkings >= ${GIVEN_UP_AFTER_PARKINGS})`;
