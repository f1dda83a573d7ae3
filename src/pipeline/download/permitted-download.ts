import { ImageProblem } from '../problems.ts';
import type { AcquirePermit } from './download-permit.ts';
import {
  type FetchRules,
  fetchIfChanged,
  type NotModified,
  type PreviousAnswer,
  type Source,
} from './fetch.ts';
import type { SourceFile } from './source-files.ts';

export type DownloadParts = {
  fetchRules: FetchRules;
  /** limits the open downloads of this process and of each host */
  acquirePermit: AcquirePermit;
};

/** `waitedMs`: for a permit and a turn. `downloadMs`: from the request to the last byte. */
export type Downloaded = { source: Source | NotModified; waitedMs: number; downloadMs: number };

/**
 * Waits for a permit of the URL's host, downloads, and releases the permit before anything else is done.
 * @param request `previous`: for a conditional request
 * @throws as AcquirePermit and fetchIfChanged
 */
export async function downloadWithPermit(
  request: { tenantId: number; url: string; previous: PreviousAnswer | undefined },
  file: SourceFile,
  { fetchRules, acquirePermit }: DownloadParts,
  signal: AbortSignal,
): Promise<Downloaded> {
  const startedAt = performance.now();
  const permit = await acquirePermit(request, signal);
  const permittedAt = performance.now();
  let problem: ImageProblem | undefined;
  try {
    const source = await fetchIfChanged(request, file, { ...fetchRules, permit }, signal);
    return { source, waitedMs: permittedAt - startedAt, downloadMs: performance.now() - permittedAt };
  } catch (error) {
    if (error instanceof ImageProblem) problem = error;
    throw error;
  } finally {
    permit.release(problem);
  }
}
