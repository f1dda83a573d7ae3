/**
 * Pictures of sources as they are at their hosts, to be compared with what was made of them. A decoder makes a new file
 * of a source, so nothing of the stranger's bytes reaches a browser.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../errors.ts';
import type { Source } from '../pipeline/download/fetch.ts';
import { withDefaults } from '../presets/spec.ts';
import type { StorageKey } from '../storage/keys.ts';
import { downloadAgain, type DownloadAgainParts } from './download-again.ts';
import type { IdleDecoders } from './idle-decoders.ts';
import { inTurnOf } from './in-turn.ts';
import { PictureCache } from './picture-cache.ts';
import { SharedWork } from './shared-work.ts';

/** A source, and what it was when its renditions were made. */
type BeforeRequest = {
  tenantId: number;
  imageId: string;
  url: string;
  /** in storage, if it was uploaded */
  storedAt: StorageKey | undefined;
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

export type BeforeParts = DownloadAgainParts & { decoders: IdleDecoders };

const AT_ONCE = 2;
const WAITING = 16;
const CACHE_BYTES = 256 * 2 ** 20;
const MAX_HEIGHT = 8_192;

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
  const size = { width: request.width, height: MAX_HEIGHT };
  const spec = withDefaults({ name: 'before', format: 'webp', quality: 82, ...size });
  const make = async (source: Source): Promise<{ bytes: number }> => {
    refuseOther(source, request);
    const job = { input: source.path, bytes: source.bytes, renditions: [{ ...spec, output }] };
    const { files } = await parts.decoders.use((pool) => pool.make(job, signal));
    return { bytes: files[0]?.bytes ?? 0 };
  };
  try {
    return await downloadAgain(request, parts, make, signal);
  } catch (error) {
    await rm(output, { force: true });
    throw error;
  }
}

/** @throws Problem `source_changed` */
function refuseOther({ sha256 }: Source, request: BeforeRequest): void {
  if (sha256.toString('hex') !== request.sha256)
    throw new Problem('source_changed', {
      detail: 'The host now has another file at this address than the one that the renditions were made of.',
    });
}
