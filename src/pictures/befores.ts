/**
 * Pictures of sources as they are at their hosts, to be compared with what was made of them. Sources are not stored,
 * so one is downloaded again: through the guard, with a permit of its host and the host's secret headers, like
 * any download. A decoder makes a new file of it, so nothing of the stranger's bytes reaches a browser.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../errors.ts';
import { DecodersUnavailable } from '../pipeline/decoder-children.ts';
import { HostBusy } from '../pipeline/download/download-permit.ts';
import type { Source } from '../pipeline/download/fetch.ts';
import { type DownloadParts, downloadWithPermit } from '../pipeline/download/permitted-download.ts';
import { createSourceFiles } from '../pipeline/download/source-files.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { withDefaults } from '../presets/spec.ts';
import type { IdleDecoders } from './idle-decoders.ts';
import { inTurnOf } from './in-turn.ts';
import { PictureCache } from './picture-cache.ts';
import { SharedWork } from './shared-work.ts';

/** A source, and what it was when its renditions were made. */
type BeforeRequest = {
  tenantId: number;
  imageId: string;
  url: string;
  /** in hexadecimal */
  sha256: string;
  /** of the picture, in pixels at most */
  width: number;
};

export type Befores = {
  /**
   * @returns a WebP
   * @throws Problem `source_changed`, `source_unavailable`, `busy`; StorageTrouble; the signal's reason
   */
  picture(request: BeforeRequest, signal: AbortSignal): Promise<Buffer>;
};

export type BeforeParts = {
  download: DownloadParts;
  /** Is called after each download: what it showed of its hosts is to be recorded. */
  onDownloaded(): Promise<void>;
  decoders: IdleDecoders;
  /** for temporary files */
  folder: string;
};

const AT_ONCE = 2;
const WAITING = 16;
const CACHE_BYTES = 256 * 2 ** 20;
const MAX_HEIGHT = 8_192;
const PATIENCE_MS = 10_000; // for a permit, which a download waits for a second at a time

export function createBefores(parts: BeforeParts): Befores {
  const folder = join(parts.folder, `before-${randomUUID()}`);
  const cache = new PictureCache(CACHE_BYTES);
  const shared = new SharedWork<Buffer>();
  const inTurn = inTurnOf(AT_ONCE, WAITING);

  async function make(name: string, request: BeforeRequest, signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted();
    await mkdir(folder, { recursive: true }); // each time, because old temporary folders are removed
    const path = join(folder, `${randomUUID()}.webp`);
    const { bytes } = await fetchAndMake(request, { ...parts, folder }, path, signal);
    await cache.add(name, { path, bytes });
    const picture = await cache.read(name);
    if (!picture) throw new Problem('busy', { detail: 'The picture was removed while it was read.' });
    return picture;
  }

  return {
    async picture(request, signal) {
      const name = `${request.tenantId} ${request.imageId} ${request.sha256} ${request.width}`;
      return (
        (await cache.read(name)) ??
        (await shared.wait(name, signal, (whileWanted) => inTurn(() => make(name, request, whileWanted))))
      );
    },
  };
}

async function fetchAndMake(
  request: BeforeRequest,
  parts: BeforeParts,
  output: string,
  signal: AbortSignal,
): Promise<{ bytes: number }> {
  const sourceFiles = createSourceFiles(parts.folder, `${randomUUID()}-`);
  const file = await sourceFiles.take();
  try {
    const source = await patiently(async () => {
      const { source } = await downloadWithPermit(
        { ...request, previous: undefined },
        file,
        parts.download,
        signal,
      ).finally(() => parts.onDownloaded());
      return source;
    }, signal);
    if ('notModified' in source) throw new ImageProblem('http_error', 'HTTP 304'); // to an unconditional request
    refuseOther(source, request);
    const size = { width: request.width, height: MAX_HEIGHT };
    const spec = withDefaults({ name: 'before', format: 'webp', quality: 82, ...size });
    const job = { input: source.path, bytes: source.bytes, renditions: [{ ...spec, output }] };
    const { files } = await parts.decoders.use((pool) => pool.make(job, signal));
    return { bytes: files[0]?.bytes ?? 0 };
  } catch (error) {
    await rm(output, { force: true });
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

/** @throws Problem `source_changed` */
function refuseOther({ sha256 }: Source, request: BeforeRequest): void {
  if (sha256.toString('hex') !== request.sha256)
    throw new Problem('source_changed', {
      detail: 'The host now has another file at this address than the one that the renditions were made of.',
    });
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
