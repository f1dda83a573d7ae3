/**
 * Limits the downloads of a worker at each host. The worker leases permits in bulk and renews all leases
 * in one exchange, five times a second while there are downloads (renewal.ts): an image costs no statement, and a hold
 * or a lower limit that another worker recorded takes effect a moment later.
 *
 * A download: waiting for a permit -> waiting for a turn (download-limiter.ts) -> request sent -> first
 * byte -> released. It waits for a second at most, then its task goes back to the queue. Downloads that
 * wait for a host use none of the worker's capacity, so a slow host delays its own images only.
 */
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import { type AcquirePermit, HostBusy } from '../pipeline/download/download-permit.ts';
import { DownloadLimiter } from './download-limiter.ts';
import type { OpenHeaders } from './headers.ts';
import { type HostKey, hostId } from './host.ts';
import type { HostOutcome } from './host-outcome.ts';
import { HOLD_CHECK_MS, LeasedHost } from './leased-host.ts';
import { exchangePermits, returnPermits } from './leases.ts';
import { LimitedDownload, type Stay } from './limited-download.ts';
import { Renewal } from './renewal.ts';

export type HostLimiter = {
  acquire: AcquirePermit;
  /** How many downloads wait for hosts: for a permit, or long for an answer. */
  waiting(): number;
  /** The outcomes since the last call, to be recorded. `putBackOutcomes` takes them back where that failed. */
  takeOutcomes(): HostOutcome[];
  putBackOutcomes(outcomes: HostOutcome[]): void;
  /** Returns all permits. */
  stop(): Promise<void>;
};

export type HostLimiterParts = {
  database: Database;
  workerId: string;
  /** HOST_CONCURRENCY: permits of a host at most, where no operator set another ceiling; may change */
  hostConcurrency(): number;
  /** downloads of this worker at a time */
  downloadConcurrency: number;
  openHeaders: OpenHeaders;
  /** Records at once what all workers must know at once: that a host asks for a pause. */
  recordNow(outcomes: HostOutcome[]): Promise<void>;
  /** how many workers are alive, with this one: the more, the more rarely each exchanges leases; 2 when left out */
  liveWorkers?(): number;
  log: Logger;
};

export function createHostLimiter(parts: HostLimiterParts): HostLimiter {
  const { database, workerId, liveWorkers = () => 2, log } = parts;
  const hosts = new Map<string, LeasedHost>();
  const downloads = new DownloadLimiter(parts.downloadConcurrency);
  const renewal = new Renewal({
    exchange,
    isNeeded: () => hosts.size > 0,
    isWaitedFor: () => waiting > 0,
    liveWorkers,
    log,
  });
  let outcomes: HostOutcome[] = [];
  let waiting = 0;

  function hostOf(key: HostKey): LeasedHost {
    const id = hostId(key);
    const host = hosts.get(id) ?? new LeasedHost({ tenantId: key.tenantId, host: key.host });
    hosts.set(id, host);
    return host;
  }

  async function exchange(): Promise<void> {
    const requests = [...hosts.values()].map((host) => host.nextRequest());
    const beganAt = performance.now();
    const grants = await exchangePermits(database, workerId, {
      requests,
      hostConcurrency: parts.hostConcurrency(),
    });
    for (const grant of grants) {
      const host = hostOf(grant);
      host.grant(grant, beganAt);
      if (host.isIdle) hosts.delete(hostId(host.key));
    }
  }

  async function enter(key: HostKey, signal: AbortSignal): Promise<Stay> {
    const host = hostOf(key);
    const acquired = host.acquire(signal);
    waiting += 1;
    if (host.needsExchange) renewal.request();
    const wasFull = await acquired.finally(() => (waiting -= 1));
    return { host, wasFull, requestedAt: performance.now(), latencyMs: null };
  }

  /** A refusal is recorded at once, because other workers may be about to send requests. */
  function report(outcome: HostOutcome, host: LeasedHost): void {
    if (outcome.is !== 'refused') {
      outcomes.push(outcome);
      return;
    }
    const recorded = parts.recordNow([outcome]).catch(() => outcomes.push(outcome));
    host.hold(outcome.problem?.holdHostMs ?? 0, recorded);
  }

  async function headersOf({ key, headers }: LeasedHost): Promise<Record<string, string>> {
    if (!headers) return {};
    try {
      return await parts.openHeaders(key, headers);
    } catch (error) {
      log.error({ err: error, host: key.host }, 'the secret headers of a host cannot be decrypted');
      throw new HostBusy('held', HOLD_CHECK_MS);
    }
  }

  return {
    async acquire({ tenantId, url }, signal) {
      const enterNamed = (host: string, until: AbortSignal) => enter({ tenantId, host }, until);
      const start = URL.parse(url);
      const stay = start && start.host !== '' ? await enterNamed(start.host, signal) : undefined;
      const turn = await downloads.acquire(signal).catch((error: unknown) => {
        stay?.host.release();
        throw error;
      });
      return new LimitedDownload({ enter: enterNamed, headersOf, report }, turn, { url: start, stay });
    },
    waiting: () => waiting + downloads.stalled,
    takeOutcomes: () => outcomes.splice(0),
    putBackOutcomes: (failed) => {
      outcomes = [...failed, ...outcomes];
    },
    async stop() {
      await renewal.stop();
      await returnPermits(database.hurried, workerId).catch(() => {}); // or the leases run out
    },
  };
}
