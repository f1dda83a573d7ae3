import type { ImageProblem } from '../problems.ts';

/**
 * The right of one download to send requests. It holds a permit of one host at a time: over all workers,
 * as many downloads of a host may be open as the host has permits (hosts/host-limiter.ts).
 */
export type DownloadPermit = {
  /**
   * Waits for a permit of a URL's host, and returns the one of the host before.
   * @returns the request headers that an operator set for the host
   * @throws HostBusy; ImageProblem of a host that is given up; the signal's reason when aborted
   */
  enterHost(url: URL, signal: AbortSignal): Promise<Record<string, string>>;
  /** The host has begun to respond. */
  firstByte(): void;
  /** Returns the permit. @param problem why the download failed, if it did */
  release(problem: ImageProblem | undefined): void;
};

/** Begins a download: waits for a permit of its first host. @throws as `enterHost` */
export type AcquirePermit = (
  request: { tenantId: number; url: string },
  signal: AbortSignal,
) => Promise<DownloadPermit>;

/** A host has no permit for a download now. That is no failure: the image is tried again, and loses no try. */
export class HostBusy extends Error {
  override readonly name = 'HostBusy';
  readonly because: 'held' | 'full';
  /** when to try again, in milliseconds from now */
  readonly inMs: number;

  constructor(because: 'held' | 'full', inMs: number) {
    super(because === 'held' ? 'the host is on hold' : 'the host has no free permit');
    this.because = because;
    this.inMs = inMs;
  }
}
