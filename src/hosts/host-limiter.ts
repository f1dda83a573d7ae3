/**
 * A worker's part of the places that hosts have for downloads. It borrows them in bulk, for a while, and
 * renews them for all hosts at once five times a second while there are downloads, so that an image
 * costs no statement, and a hold or a shrink that another worker recorded is known after a moment.
 *
 * A download: waiting for a place -> waiting for one of the worker's downloads -> open -> answered -> ended.
 * One that waits for long goes back to the table, and what waits on a host takes no slot of the worker's,
 * so that a slow host holds up its own images only.
 */
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import type { ImageProblem } from '../pipeline/problems.ts';
import { type AcquirePermit, HostBusy, type DownloadPermit } from '../pipeline/download/download-permit.ts';
import {
  askedOf,
  type BorrowedHost,
  LOOK_AGAIN_MS,
  needOf,
  newHost,
  refusalOf,
  take,
  type Waiter,
} from './leased-host.ts';
import type { OpenHeaders } from './headers.ts';
import { type HostKey, hostId } from './host.ts';
import { exchangePermits, returnPermits } from './leases.ts';
import { createDownloadLimiter } from './download-limiter.ts';
import { type HostOutcome, hostOutcomeOf } from './host-feedback.ts';

export type HostLimiter = {
  acquire: AcquirePermit;
  /** downloads that wait on hosts: for a place, or long for an answer */
  waiting(): number;
  /** What visits showed since the last call, to be recorded; `putBack` where that failed. */
  takeOutcomes(): HostOutcome[];
  putBackOutcomes(seen: HostOutcome[]): void;
  /** Gives everything back. */
  stop(): Promise<void>;
};

export type HostLimiterParts = {
  database: Database;
  workerId: string;
  /** places of a host at the most, where no operator says otherwise */
  hostConcurrency: number;
  /** downloads of this worker at a time */
  downloadConcurrency: number;
  openHeaders: OpenHeaders;
  /** Writes down at once what all workers must know at once: that a host asks for a pause. */
  recordNow(seen: HostOutcome[]): Promise<void>;
  log: Logger;
};

const RENEW_EVERY_MS = 200;
const WAIT_MS = 1_000; // for a place; a host of 100 ms latency has served ten downloads a place by then
const COME_BACK_MS = 1_000; // and up to twice that, so that those that waited together do not return together

export function createHostLimiter(parts: HostLimiterParts): HostLimiter {
  const { database, workerId, hostConcurrency, log } = parts;
  const hosts = new Map<string, BorrowedHost>();
  const downloads = createDownloadLimiter(parts.downloadConcurrency);
  let seen: HostOutcome[] = [];
  let waiting = 0;
  let renewing: Promise<void> | undefined;
  let isWantedAgain = false; // another exchange after the one under way
  let timer: NodeJS.Timeout | undefined;
  let hasTrouble = false; // told once
  let hasStopped = false;

  /** Lets in as many as there is room for, or refuses all. */
  function serve(host: BorrowedHost): void {
    for (const waiter of host.waiters) {
      if (performance.now() > host.validUntil) return;
      const refusal = refusalOf(host);
      if (refusal) waiter.refuse(refusal);
      else if (host.open < host.places) waiter.enter();
      else return;
    }
  }

  function hostOf({ tenantId, host }: HostKey): BorrowedHost {
    const name = hostId({ tenantId, host });
    const known = hosts.get(name) ?? newHost({ tenantId, host });
    hosts.set(name, known);
    return known;
  }

  /** @returns whether more places would have been of use */
  async function takePlace(host: BorrowedHost, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const isValid = performance.now() <= host.validUntil;
    const isFull = isValid && host.open >= host.places;
    const entered = Promise.withResolvers<void>();
    const waiter: Waiter = {
      enter() {
        host.waiters.delete(waiter);
        host.open += 1;
        entered.resolve();
      },
      refuse(error) {
        host.waiters.delete(waiter);
        entered.reject(error);
      },
    };
    const giveUp = (): void =>
      waiter.refuse(signal.aborted ? (signal.reason as Error) : new HostBusy('full', comeBackMs()));
    const deadline = setTimeout(giveUp, WAIT_MS);
    signal.addEventListener('abort', giveUp);
    host.waiters.add(waiter);
    waiting += 1;
    serve(host);
    if (needOf(host) > host.asked || !isValid) renewSoon();
    await entered.promise.finally(() => {
      waiting -= 1;
      clearTimeout(deadline);
      signal.removeEventListener('abort', giveUp);
    });
    return isFull;
  }

  function leavePlace(host: BorrowedHost): void {
    host.open -= 1;
    serve(host);
  }

  /** What starts in one turn of the event loop is asked for in one exchange. */
  function renewSoon(): void {
    isWantedAgain = true;
    clearTimeout(timer);
    timer = undefined;
    renewing ??= renewWhileWanted().finally(() => {
      renewing = undefined;
      if (hosts.size > 0 && !hasStopped) timer = setTimeout(renewSoon, RENEW_EVERY_MS);
    });
  }

  async function renewWhileWanted(): Promise<void> {
    while (isWantedAgain && !hasStopped) {
      await new Promise(setImmediate);
      isWantedAgain = false;
      await renew().then(() => (hasTrouble = false), tellOnce);
    }
  }

  function tellOnce(error: unknown): void {
    if (!hasTrouble) log.warn({ err: error }, 'places cannot be borrowed just now');
    hasTrouble = true;
  }

  async function renew(): Promise<void> {
    const asked = [...hosts.values()].map(askedOf);
    const beganAt = performance.now();
    const granted = await exchangePermits(database, workerId, { asked, hostConcurrency });
    for (const grant of granted) {
      const host = hostOf(grant);
      take(host, grant, beganAt);
      serve(host);
      if (needOf(host) === 0 && host.asked === 0) hosts.delete(hostId(host));
    }
  }

  /** How a download ended at a host. A pause that it asks for is told at once: others may be about to ask it. */
  function keep(result: HostOutcome): void {
    if (result.is !== 'refused') return void seen.push(result);
    const host = hostOf(result);
    host.heldUntil = Math.max(host.heldUntil, performance.now() + (result.problem?.holdHostMs ?? 0));
    host.holdIsKnownFrom = Number.POSITIVE_INFINITY;
    parts
      .recordNow([result])
      .catch(() => void seen.push(result))
      .finally(() => (host.holdIsKnownFrom = performance.now()));
  }

  async function headersOf(host: BorrowedHost): Promise<Record<string, string>> {
    if (!host.headers) return {};
    try {
      return await parts.openHeaders(host, host.headers);
    } catch (error) {
      log.error({ err: error, host: host.host }, 'the secret headers of a host cannot be read here');
      throw new HostBusy('held', LOOK_AGAIN_MS);
    }
  }

  async function begin(
    { tenantId, url }: { tenantId: number; url: string },
    signal: AbortSignal,
  ): Promise<DownloadPermit> {
    const start = URL.parse(url);
    let stay = start && start.host !== '' ? await stayAt(start.host, signal) : undefined;
    const download = await downloads.acquire(signal).catch((error: unknown) => {
      if (stay) leavePlace(stay.host);
      throw error;
    });
    let hasLeftOrigin = false;

    async function stayAt(name: string, signal: AbortSignal) {
      const host = hostOf({ tenantId, host: name });
      return {
        host,
        wasFull: await takePlace(host, signal),
        askedAt: performance.now(),
        latencyMs: Number.NaN,
      };
    }

    function leave(problem: ImageProblem | undefined): void {
      if (!stay) return;
      const { host, wasFull, latencyMs } = stay;
      stay = undefined;
      const isLimited = wasFull || host.waiters.size > 0;
      const result = hostOutcomeOf({ tenantId, host: host.host, latencyMs, isLimited }, problem);
      if (result) keep(result);
      leavePlace(host);
    }

    return {
      async enterHost(next, signal) {
        if (stay?.host.host !== next.host) {
          leave(undefined);
          stay = await stayAt(next.host, signal);
        }
        hasLeftOrigin ||= next.origin !== start?.origin;
        const headers = hasLeftOrigin ? {} : await headersOf(stay.host);
        if (Number.isNaN(stay.latencyMs)) stay.askedAt = performance.now();
        download.requestSent();
        return headers;
      },
      firstByte() {
        download.firstByte();
        if (stay && Number.isNaN(stay.latencyMs)) stay.latencyMs = performance.now() - stay.askedAt;
      },
      release(problem) {
        leave(problem);
        download.release();
      },
    };
  }

  return {
    acquire: begin,
    waiting: () => waiting + downloads.stalled(),
    takeOutcomes: () => seen.splice(0),
    putBackOutcomes: (results) => void seen.unshift(...results),
    async stop() {
      hasStopped = true;
      clearTimeout(timer);
      await renewing;
      await returnPermits(database.hurried, workerId).catch(() => {}); // or their leases run out
    },
  };
}

function comeBackMs(): number {
  return COME_BACK_MS * (1 + Math.random());
}
