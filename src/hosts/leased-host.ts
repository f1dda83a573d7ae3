/** A worker's part of the places of one host: what it asks for, what it was granted, and why it may not begin. */
import { IMAGE_PROBLEMS, ImageProblem, type ImageProblemCode } from '../pipeline/problems.ts';
import { HostBusy } from '../pipeline/download/download-permit.ts';
import type { HostKey } from './host.ts';
import { type PermitRequest, type PermitGrant, SPARE_PERMITS } from './leases.ts';

const VALID_MS = 1_000; // after that, as when the database is away, nothing new begins
export const LOOK_AGAIN_MS = 30_000; // a hold may be lifted; and a host is not fed before it is over

export type Waiter = { enter(): void; refuse(error: Error): void };

/** What a worker has of a host, and what waits for it there. */
export type BorrowedHost = HostKey & {
  /** as many downloads may be open */
  places: number;
  open: number;
  waiters: Set<Waiter>;
  /** as many places were of use lately; what lies idle is given back as this sinks */
  recent: number;
  /** as many were asked for last */
  asked: number;
  givenUp: string | null;
  headers: PermitGrant['headers'];
  // Times of performance.now():
  validUntil: number;
  heldUntil: number;
  /** An exchange that began earlier knows nothing yet of the hold, and must not lift it. */
  holdIsKnownFrom: number;
};

export function newHost(key: HostKey): BorrowedHost {
  const counts = { places: 0, open: 0, recent: 0, asked: 0 };
  const times = { validUntil: 0, heldUntil: 0, holdIsKnownFrom: 0 };
  return { ...key, ...counts, ...times, waiters: new Set(), givenUp: null, headers: undefined };
}

export function needOf(host: BorrowedHost): number {
  return host.open + host.waiters.size;
}

/** Until the answer comes, no more are opened than is said here. */
export function askedOf(host: BorrowedHost): PermitRequest {
  const { tenantId, open, recent } = host;
  host.recent = Math.max(needOf(host), recent - Math.ceil(recent / 8));
  host.asked = host.recent > 0 ? host.recent + SPARE_PERMITS : 0;
  const kept = Math.max(open, Math.min(host.places, host.recent));
  host.places = Math.min(host.places, kept);
  return { tenantId, host: host.host, open, kept, wanted: host.recent };
}

export function take(host: BorrowedHost, grant: PermitGrant, beganAt: number): void {
  host.places = grant.permits;
  host.validUntil = beganAt + VALID_MS;
  host.givenUp = grant.givenUp;
  host.headers = grant.headers;
  const heldUntil = grant.heldMs > 0 ? performance.now() + grant.heldMs : 0;
  host.heldUntil = beganAt >= host.holdIsKnownFrom ? heldUntil : Math.max(host.heldUntil, heldUntil);
}

/** Why no download of a host may begin, whatever places are free. */
export function refusalOf({ heldUntil, givenUp, open, places }: BorrowedHost): Error | undefined {
  const heldMs = heldUntil - performance.now();
  if (givenUp !== null && (heldMs > 0 || open >= places)) return givenUpProblem(givenUp);
  return heldMs > 0 ? new HostBusy('held', Math.min(heldMs, LOOK_AGAIN_MS)) : undefined;
}

function givenUpProblem(code: string): ImageProblem {
  const known = code in IMAGE_PROBLEMS ? (code as ImageProblemCode) : 'connect_failed';
  return new ImageProblem(known, 'so it was for minutes, and is not tried again', { isLast: true });
}
