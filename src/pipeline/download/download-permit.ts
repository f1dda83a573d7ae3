import type { ImageProblem } from '../problems.ts';

/**
 * A download as its hosts see it. At each of them it holds one of the host's places, and one at a time:
 * as many downloads as a host has places may be open, over all workers (hosts/places.ts).
 */
export type DownloadPermit = {
  /**
   * Takes a place of the host of a URL, and gives back the one at the host before.
   * @returns request headers for this URL
   * @throws HostBusy; ImageProblem of a host that is given up
   */
  enterHost(url: URL, signal: AbortSignal): Promise<Record<string, string>>;
  /** The host has begun to answer. */
  firstByte(): void;
  /** Gives the place back. @param problem why the download failed, if it did */
  release(problem: ImageProblem | undefined): void;
};

/** Begins downloads. Resolves when the first host has a place for this one. @throws as `enterHost` */
export type AcquirePermit = (
  request: { tenantId: number; url: string },
  signal: AbortSignal,
) => Promise<DownloadPermit>;

/** A host has no place for a download now. It is nobody's failure: the image is tried again, at no cost. */
export class HostBusy extends Error {
  override readonly name = 'HostBusy';
  readonly because: 'held' | 'full';
  readonly inMs: number;

  constructor(because: 'held' | 'full', inMs: number) {
    super(because === 'held' ? 'the host is on hold' : 'the host has no free place');
    this.because = because;
    this.inMs = inMs;
  }
}
