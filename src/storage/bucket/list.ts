import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { KEY, setNameOf } from '../keys.ts';
import type { Listed } from '../storage.ts';
import { call } from './call.ts';
import type { Bucket } from './client.ts';

/** In pages of what the store lists at once: up to 1,000. Objects that are not ours are left out. */
export async function* listObjects(
  bucket: Bucket,
  { prefix, after, signal }: { prefix: string; after: string; signal: AbortSignal },
): AsyncGenerator<Listed[]> {
  const start = bucket.address.prefix;
  let held: Listed[] = []; // of the last set: the next page may have more of it
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket.address.bucket,
      Prefix: start + prefix,
      ...(token === undefined ? after !== '' && { StartAfter: start + after } : { ContinuationToken: token }),
    });
    const answer = await call(bucket, signal, () => bucket.client.send(command, { abortSignal: signal }));
    token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    const files = [...held, ...filesOf(answer, start)];
    const lastSet = token === undefined ? '' : setNameOf(files.at(-1)?.key ?? '');
    const { whole = [], held: unsure = [] } = Object.groupBy(files, (file) =>
      setNameOf(file.key) === lastSet ? 'held' : 'whole',
    );
    held = unsure;
    if (whole.length > 0) yield whole;
  } while (token !== undefined);
}

function filesOf({ Contents: contents = [] }: ListObjectsV2CommandOutput, start: string): Listed[] {
  return contents.flatMap(({ Key = '', Size: bytes = 0, LastModified: modifiedAt = new Date() }) => {
    const key = Key.slice(start.length);
    return KEY.test(key) ? [{ key, bytes, modifiedAt }] : [];
  });
}
