/**
 * Sources that were uploaded with the table of a batch, in an archive or in the cells of a workbook. They lie in storage
 * until their batch is deleted. Their images have the URL `upload:{sha256}` and the host `upload`, which only intake
 * writes: a cell that holds such a text is no address.
 */
import { createHash } from 'node:crypto';
import { type StorageKey, uploadedKeyOf } from '../storage/keys.ts';
import { type Storage, StorageTrouble } from '../storage/storage.ts';
import { tooLarge } from './download/body.ts';
import type { Source } from './download/fetch.ts';
import type { SourceFile } from './download/source-files.ts';
import { ImageProblem } from './problems.ts';
import { imageFormat, SNIFF_BYTES } from './sniff.ts';

/** No host is requested: there are no permits, no holds, and no pauses. */
export const UPLOAD_HOST = 'upload';

const URL_FORM = /^upload:([0-9a-f]{64})$/;

/** @param sha256 of the file, in hexadecimal */
export function uploadUrl(sha256: string): string {
  return `upload:${sha256}`;
}

type UploadedImage = { token: string; batchId: string; host: string; url: string };

/** Where the source of an image is in storage; undefined if it is to be downloaded. */
export function storedSource({ token, batchId, host, url }: UploadedImage): StorageKey | undefined {
  const sha256 = host === UPLOAD_HOST ? URL_FORM.exec(url)?.[1] : undefined;
  return sha256 === undefined
    ? undefined
    : uploadedKeyOf({ token, setId: uploadedSetId({ batchId, sha256 }) });
}

/**
 * What stands in the key of an uploaded file in the place of a rendition set: 80 bits in base32hex. Each batch has its
 * own, so that its files go with it, whatever other batches have.
 */
export function uploadedSetId({ batchId, sha256 }: { batchId: string; sha256: string }): string {
  const hash = createHash('sha256').update(`uploaded ${batchId} ${sha256}`).digest('hex');
  return BigInt(`0x${hash.slice(0, 20)}`)
    .toString(32)
    .padStart(16, '0');
}

/**
 * Copies an uploaded file, as if it had been downloaded.
 * @throws ImageProblem `file_not_found`, `source_too_large`, `not_an_image`, `unsupported_format`; StorageTrouble; the
 *   signal's reason
 */
export async function readUploaded(
  { key, url }: { key: StorageKey; url: string },
  file: SourceFile,
  { storage, maxBytes }: { storage: Storage; maxBytes: number },
  signal: AbortSignal,
): Promise<Source> {
  const opened = await storage.open(key, signal);
  if (!opened) throw new ImageProblem('file_not_found', 'it is not in storage any more; upload it again');
  const writer = file.rewrite();
  let head = Buffer.alloc(0);
  for await (const chunk of chunksOf(opened.content, { storage, signal })) {
    if (writer.bytes() + chunk.length > maxBytes) throw tooLarge(maxBytes);
    if (head.length < SNIFF_BYTES) head = Buffer.concat([head, chunk.subarray(0, SNIFF_BYTES)]);
    await writer.add(chunk);
  }
  imageFormat(head);
  const { bytes, sha256 } = await writer.finish();
  if (uploadUrl(sha256.toString('hex')) !== url)
    throw new ImageProblem('file_not_found', 'its file in storage is damaged; upload it again');
  const validators = { etag: undefined, lastModified: undefined };
  return { path: file.path, bytes, sha256, finalUrl: url, ...validators, freshForS: 0 };
}

async function* chunksOf(
  content: AsyncIterable<Buffer>,
  { storage, signal }: { storage: Storage; signal: AbortSignal },
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of content) {
      signal.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StorageTrouble) throw error;
    throw new StorageTrouble(`${storage.name}: a file cannot be read`, { cause: error });
  }
}
