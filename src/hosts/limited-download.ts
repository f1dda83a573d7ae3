/** One download on its way through hosts. It holds a permit of one host at a time, and reports each host's outcome. */
import type { DownloadPermit } from '../pipeline/download/download-permit.ts';
import type { ImageProblem } from '../pipeline/problems.ts';
import type { DownloadTurn } from './download-limiter.ts';
import { type HostOutcome, hostOutcomeOf } from './host-outcome.ts';
import type { LeasedHost } from './leased-host.ts';

/** A host that the download has a permit of. */
export type Stay = {
  host: LeasedHost;
  /** whether all permits of the host were in use when it asked for one */
  wasFull: boolean;
  requestedAt: number;
  /** to the first byte of the host's first answer; null before it */
  latencyMs: number | null;
};

export type LimitedDownloadParts = {
  /** Waits for a permit of a host. @throws as LeasedHost.acquire */
  enter(hostName: string, signal: AbortSignal): Promise<Stay>;
  /** The request headers that an operator set for a host. */
  headersOf(host: LeasedHost): Promise<Record<string, string>>;
  report(outcome: HostOutcome, host: LeasedHost): void;
};

export class LimitedDownload implements DownloadPermit {
  readonly #parts: LimitedDownloadParts;
  readonly #turn: DownloadTurn;
  readonly #origin: string | undefined;
  #stay: Stay | undefined;
  #hasLeftOrigin = false;

  /** @param start the URL in the CSV; `stay` is the permit of its host, where the URL names one */
  constructor(
    parts: LimitedDownloadParts,
    turn: DownloadTurn,
    start: { url: URL | null; stay: Stay | undefined },
  ) {
    this.#parts = parts;
    this.#turn = turn;
    this.#origin = start.url?.origin;
    this.#stay = start.stay;
  }

  async enterHost(url: URL, signal: AbortSignal): Promise<Record<string, string>> {
    if (this.#stay?.host.key.host !== url.host) {
      this.#leaveHost(undefined);
      this.#stay = await this.#parts.enter(url.host, signal);
    }
    const stay = this.#stay;
    // Secrets go to the origin in the CSV only, and not to it again after a detour through another one.
    this.#hasLeftOrigin ||= url.origin !== this.#origin;
    const headers = this.#hasLeftOrigin ? {} : await this.#parts.headersOf(stay.host);
    if (stay.latencyMs === null) stay.requestedAt = performance.now();
    this.#turn.requestSent();
    return headers;
  }

  firstByte(): void {
    this.#turn.firstByte();
    if (this.#stay) this.#stay.latencyMs ??= performance.now() - this.#stay.requestedAt;
  }

  release(problem: ImageProblem | undefined): void {
    this.#leaveHost(problem);
    this.#turn.release();
  }

  #leaveHost(problem: ImageProblem | undefined): void {
    if (!this.#stay) return;
    const { host, wasFull, latencyMs } = this.#stay;
    this.#stay = undefined;
    const isLimited = wasFull || host.hasWaiters;
    const outcome = hostOutcomeOf({ ...host.key, latencyMs, isLimited }, problem);
    if (outcome) this.#parts.report(outcome, host);
    host.release();
  }
}
