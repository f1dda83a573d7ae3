import type { StorageKey } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { ImageProblem } from '../problems.ts';
import { readUploaded } from '../uploaded-source.ts';
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
  /** of sources that were uploaded */
  storage: Storage;
};

export type SourceRequest = {
  tenantId: number;
  url: string;
  previous: PreviousAnswer | undefined;
  storedAt?: StorageKey | undefined;
};

/** `waitedMs`: for a permit and a turn. `downloadMs`: from the request to the last byte. */
export type Downloaded = { source: Source | NotModified; waitedMs: number; downloadMs: number };

/**
 * Waits for a permit of the URL's host, downloads, and releases the permit before anything else is done. A source that
 * was uploaded is copied from storage.
 * @param request `previous`: for a conditional request; `storedAt`: where an uploaded source is in storage
 * @throws as AcquirePermit, fetchIfChanged and readUploaded
 */
export async function downloadWithPermit(
  { storedAt, ...request }: SourceRequest,
  file: SourceFile,
  { fetchRules, acquirePermit, storage }: DownloadParts,
  signal: AbortSignal,
): Promise<Downloaded> {
  const startedAt = performance.now();
  if (storedAt !== undefined) {
    const rules = { storage, maxBytes: fetchRules.maxBytes };
    const source = await readUploaded({ key: storedAt, url: request.url }, file, rules, signal);
    return { source, waitedMs: 0, downloadMs: performance.now() - startedAt };
  }
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
