/** The pictures that previews of presets are made of: ours, the source of an image, or an upload that is kept. */
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { uuidOf } from '../ids.ts';
import { findImage } from '../images/image.queries.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { downloadAgain, type DownloadAgainParts, type SourceAgain } from './download-again.ts';
import { inTurnOf } from './in-turn.ts';
import { PictureCache } from './picture-cache.ts';
import { SharedWork } from './shared-work.ts';

/** Of the package, so that there is always something to look at. */
export const SAMPLE = 'sample';
const SAMPLE_FILE = join(import.meta.dirname, 'sample.jpg');

const AT_ONCE = 2;
const WAITING = 16;
const CACHE_BYTES = 256 * 2 ** 20;

/** Reads a picture when its preview is due, so that those which wait hold no memory. */
type ReadPicture = () => Promise<Buffer>;

/** Finds pictures by `sample`, the id of an image, or the id of a kept upload. */
export type PreviewSources = {
  /** @throws Problem `not_found`, `upload_expired`, `source_unavailable`, `busy`; the signal's reason */
  find(tenantId: number, picture: string, signal: AbortSignal): Promise<ReadPicture>;
};

/** A kept upload of a tenant. */
export type OpenUpload = (
  tenantId: number,
  id: string,
) => Promise<AsyncDisposable & { row: { bytes: number }; read(): AsyncIterable<Buffer> }>;

export type PreviewSourcesParts = DownloadAgainParts & { db: Db; openUpload: OpenUpload; maxBytes: number };

export function createPreviewSources(parts: PreviewSourcesParts): PreviewSources {
  const folder = join(parts.folder, `sources-${randomUUID()}`);
  const cache = new PictureCache(CACHE_BYTES);
  const shared = new SharedWork<void>();
  const inTurn = inTurnOf(AT_ONCE, WAITING);

  /** A source is kept for an hour: whoever tries settings asks for many previews of it. */
  async function ofImage(tenantId: number, id: string, signal: AbortSignal): Promise<ReadPicture> {
    const imageId = uuidOf('img', id);
    const image = imageId === undefined ? undefined : await findImage(parts.db, { tenantId, imageId });
    if (!image) throw noSuch('image', id);
    const name = `${tenantId} ${imageId}`;
    if ((await cache.read(name)) === undefined)
      await shared.wait(name, signal, (whileWanted) =>
        inTurn(() =>
          keep(name, { tenantId, url: image.url, storedAt: image.stored_at ?? undefined }, whileWanted),
        ),
      );
    return async () => {
      const source = await cache.read(name);
      if (source) return source;
      throw new Problem('busy', { detail: 'The picture was removed while it was read.' });
    };
  }

  async function keep(name: string, request: SourceAgain, signal: AbortSignal) {
    signal.throwIfAborted();
    await mkdir(folder, { recursive: true }); // each time, because old temporary folders are removed
    const path = join(folder, randomUUID());
    const copy = async (source: { path: string; bytes: number }): Promise<void> => {
      await copyFile(source.path, path);
      await cache.add(name, { path, bytes: source.bytes });
    };
    await downloadAgain(request, { ...parts, folder }, copy, signal);
  }

  async function ofUpload(tenantId: number, id: string): Promise<ReadPicture> {
    await using found = await parts.openUpload(tenantId, id);
    if (found.row.bytes > parts.maxBytes) throw new ImageProblem('source_too_large');
    return async () => {
      await using upload = await parts.openUpload(tenantId, id);
      return Buffer.concat(await Array.fromAsync(upload.read()));
    };
  }

  return {
    async find(tenantId, picture, signal) {
      if (picture === SAMPLE) return () => readFile(SAMPLE_FILE);
      if (picture.startsWith('img_')) return ofImage(tenantId, picture, signal);
      if (picture.startsWith('upl_')) return ofUpload(tenantId, picture);
      throw noSuch('picture', picture);
    },
  };
}

function noSuch(what: string, id: string): Problem {
  return new Problem('not_found', { detail: `There is no ${what} ${id}.` });
}
