/**
 * Downloaded sources are not stored, so one that is needed for a picture is downloaded once more: through the guard, with a permit
 * of its host and the host's secret headers, like any download.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../errors.ts';
import { DecodersUnavailable } from '../pipeline/decoder-children.ts';
import { HostBusy } from '../pipeline/download/download-permit.ts';
import type { Source } from '../pipeline/download/fetch.ts';
import {
  type DownloadParts,
  downloadWithPermit,
  type SourceRequest,
} from '../pipeline/download/permitted-download.ts';
import { createSourceFiles } from '../pipeline/download/source-files.ts';
import { ImageProblem } from '../pipeline/problems.ts';

export type DownloadAgainParts = {
  download: DownloadParts;
  /** Is called after each download: what it showed of its hosts is to be recorded. */
  onDownloaded(): Promise<void>;
  /** for temporary files */
  folder: string;
};

export type SourceAgain = Omit<SourceRequest, 'previous'>;

const PATIENCE_MS = 10_000; // for a permit, which a download waits for a second at a time

/**
 * @param use works with the source, whose file is removed afterwards
 * @throws Problem `source_unavailable`, `busy`; what `use` throws; the signal's reason
 */
export async function downloadAgain<T>(
  request: SourceAgain,
  { download, onDownloaded, folder }: DownloadAgainParts,
  use: (source: Source) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const sourceFiles = createSourceFiles(folder, `${randomUUID()}-`);
  const file = await sourceFiles.take();
  try {
    const source = await patiently(async () => {
      const whole = { ...request, previous: undefined };
      const answer = await downloadWithPermit(whole, file, download, signal).finally(onDownloaded);
      return answer.source;
    }, signal);
    if ('notModified' in source) throw new ImageProblem('http_error', 'HTTP 304'); // to an unconditional request
    return await use(source);
  } catch (error) {
    throw problemOf(error);
  } finally {
    await sourceFiles.discard(file);
  }
}

/** Tries again while the host has no free permit. */
async function patiently<T>(download: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await download();
    } catch (error) {
      const isFull = error instanceof HostBusy && error.because === 'full';
      if (!isFull || performance.now() + error.inMs > until) throw error;
      await sleep(error.inMs, undefined, { signal });
    }
  }
}

function problemOf(error: unknown): unknown {
  if (error instanceof ImageProblem)
    return new Problem('source_unavailable', {
      detail: error.message,
      flaws: [{ at: '', code: error.code, detail: error.message }],
      cause: error,
    });
  if (error instanceof HostBusy)
    return new Problem('busy', {
      detail: `The image cannot be downloaded at the moment: ${error.message}.`,
      retryAfterS: Math.ceil(error.inMs / 1000),
      cause: error,
    });
  if (error instanceof DecodersUnavailable)
    return new Problem('busy', { detail: 'No picture can be made at the moment.', cause: error });
  return error;
}
