import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { StorageTrouble } from '../storage.ts';
import { objectOf } from './call.ts';
import type { Bucket } from './client.ts';
import { conditional } from './put.ts';
import { codeOf, statusOf } from './trouble.ts';

/** Objects of probes: in our prefix, and never keys of files. */
const FOLDER = '.minilab';

/** Stores a few bytes, over those of earlier probes. */
export async function storeProbe(bucket: Bucket, abortSignal: AbortSignal): Promise<void> {
  const machine = hostname().replaceAll(/[^\w.-]/g, '-');
  const object = objectOf(bucket, `${FOLDER}/probe-${machine}`);
  await bucket.client.send(new PutObjectCommand({ ...object, Body: 'minilab' }), { abortSignal });
}

/**
 * Tries everything that Minilab does with a bucket: conditional writes, reading, looking for what is not there, removing.
 * @throws StorageTrouble if the store cannot be used; errors of the client
 */
export async function examine(bucket: Bucket, abortSignal: AbortSignal): Promise<void> {
  const { client, name } = bucket;
  const object = objectOf(bucket, `${FOLDER}/probe-${randomUUID()}`);
  await refuseUnlisted(bucket, object, abortSignal);
  const put = () =>
    conditional(
      client.send(new PutObjectCommand({ ...object, Body: 'minilab', IfNoneMatch: '*' }), { abortSignal }),
    );
  const remove = () => client.send(new DeleteObjectCommand(object), { abortSignal });
  try {
    await put();
    if ((await put()) === 'stored')
      throw new StorageTrouble(
        `${name}: the store overwrites files although it is told not to (it ignores If-None-Match), so it would lose some: use another store, or a newer version of it`,
        { kind: 'settings' },
      );
    const { Body: body } = await client.send(new GetObjectCommand(object), { abortSignal });
    await body?.transformToByteArray();
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
  await remove();
}

/**
 * Without s3:ListBucket, AWS answers 403 for what does not exist, and every new image would look like trouble. The
 * list comes first, because its answer has a body that says what is wrong with other settings too.
 */
async function refuseUnlisted(
  { client, name }: Bucket,
  missing: { Bucket: string; Key: string },
  abortSignal: AbortSignal,
): Promise<void> {
  const { Bucket, Key: Prefix } = missing;
  try {
    await client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), { abortSignal });
    await client.send(new HeadObjectCommand(missing), { abortSignal });
  } catch (error) {
    if (statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket') return;
    if (statusOf(error) !== 403 || !/^(AccessDenied|Forbidden|403)$/.test(codeOf(error))) throw error;
    throw new StorageTrouble(
      `${name}: access is denied: check that the credentials allow s3:ListBucket for the bucket, and s3:GetObject for what is in it (without s3:ListBucket, a missing file cannot be told from a forbidden one)`,
      { kind: 'settings', cause: error },
    );
  }
}
