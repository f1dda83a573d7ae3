import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { StorageKey } from '../keys.ts';
import { type Content, type Look, type Opened, type Range, StorageTrouble } from '../storage.ts';
import { objectOf } from './call.ts';
import type { Bucket } from './client.ts';
import { codeOf, statusOf, troubleOf } from './trouble.ts';

export async function lookAt(
  bucket: Bucket,
  key: StorageKey,
  signal: AbortSignal,
): Promise<Look | undefined> {
  const head = await headOf(bucket, key, signal);
  return head && lookOf(head);
}

/** Size and SHA-256 of an object: as its metadata say, or its checksum, or by reading it. */
export async function contentOf(
  bucket: Bucket,
  key: StorageKey,
  signal: AbortSignal,
): Promise<Content | undefined> {
  const head = await headOf(bucket, key, signal, 'ENABLED');
  if (!head) return undefined;
  const { ContentLength: bytes = 0 } = head;
  const sha256 = knownSha256(head);
  if (sha256 !== undefined) return { bytes, sha256 };
  const opened = await openObject(bucket, key, signal);
  if (!opened) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of opened.content) hash.update(chunk);
  return { bytes: opened.bytes, sha256: hash.digest('hex') };
}

/** The SHA-256 of an object, if the store knows it. */
export async function sha256Of(
  bucket: Bucket,
  key: StorageKey,
  signal: AbortSignal,
): Promise<string | undefined> {
  const head = await headOf(bucket, key, signal, 'ENABLED');
  return head && knownSha256(head);
}

/** The checksum comes first: the store computed it. Metadata only repeat what was sent. */
function knownSha256({ Metadata: metadata, ChecksumSHA256: checksum }: HeadObjectCommandOutput) {
  // With "-2" at its end, it is that of the checksums of two parts.
  if (checksum !== undefined && !checksum.includes('-'))
    return Buffer.from(checksum, 'base64').toString('hex');
  return metadata?.['sha256'];
}

export async function openObject(
  bucket: Bucket,
  key: StorageKey,
  signal: AbortSignal,
  range?: Range,
): Promise<Opened | undefined> {
  const command = new GetObjectCommand({
    ...objectOf(bucket, key),
    ...(range && { Range: `bytes=${range.from}-${range.to}` }),
  });
  const answer = await unlessNoSuchKey(bucket.client.send(command, { abortSignal: signal }));
  if (!answer) return undefined;
  const body = answer.Body as Readable;
  const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
  if (range && total === undefined) {
    body.destroy();
    throw new StorageTrouble(`${bucket.name}: the store does not know Range`, { kind: 'settings' });
  }
  const content = streamOf(bucket, body, answer.ContentLength ?? 0);
  return { ...lookOf(answer), ...(total !== undefined && { bytes: Number(total) }), content };
}

type Head = Pick<HeadObjectCommandOutput, 'ContentLength' | 'ETag' | 'LastModified'>;

function lookOf({ ContentLength: bytes = 0, ETag: etag = '""', LastModified: modifiedAt }: Head): Look {
  return { bytes, etag, modifiedAt: modifiedAt ?? new Date(0) };
}

function headOf(bucket: Bucket, key: StorageKey, signal: AbortSignal, checksumMode?: 'ENABLED') {
  const command = new HeadObjectCommand({
    ...objectOf(bucket, key),
    ...(checksumMode && { ChecksumMode: checksumMode }),
  });
  return unlessNoSuchKey(bucket.client.send(command, { abortSignal: signal }));
}

async function unlessNoSuchKey<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket') return undefined;
    throw error;
  });
}

const STALLED_MS = 10_000;

/** A body whose reader gets StorageTrouble when it stalls or is cut short. The reader itself may be slow. */
function streamOf(bucket: Bucket, body: Readable, bytes: number): Readable {
  const content = Readable.from(checkedChunks(bucket, body, bytes), { objectMode: false });
  content.once('close', () => body.destroy()); // a reader that has gone away
  return content;
}

async function* checkedChunks(bucket: Bucket, body: Readable, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  const stalled = new StorageTrouble(`${bucket.name}: an answer stalled`);
  const onStall = (): void => void body.destroy(stalled);
  let timer = setTimeout(onStall, STALLED_MS);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      clearTimeout(timer);
      left -= chunk.length;
      yield chunk;
      timer = setTimeout(onStall, STALLED_MS);
    }
    if (left !== 0) throw new StorageTrouble(`${bucket.name}: an answer was cut short`);
  } catch (error) {
    throw troubleOf(bucket, error);
  } finally {
    clearTimeout(timer);
  }
}
