/** A bucket, a database and an origin of small pictures, for journeys with an outage of the store. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { migratedDatabase } from './database.ts';
import { newFolder } from './folder.ts';
import { type Batch, json, type Running, upload } from './minilab.ts';
import { type Origin, startOrigin } from './origin.ts';
import { smallPicture } from './pictures.ts';
import { type S3, startS3 } from './s3.ts';

export type BucketPlace = AsyncDisposable & {
  /** for `serve` and `worker` */
  settings: Record<string, string>;
  s3: S3;
  origin: Origin;
  /** Uploads a table of pictures, each with an address of its own. */
  accept(minilab: Running, count: number): Promise<Batch>;
  /** What the database says of each file, by its name in the bucket. */
  rows(): Promise<Map<string, { bytes: number; sha256: string }>>;
};

export async function newBucketPlace(): Promise<BucketPlace> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const s3 = stack.use(await startS3());
  const picture = await smallPicture(7);
  // What follows the end of a JPEG is read by nobody, and makes another SHA-256.
  const origin = stack.use(await startOrigin((path) => Buffer.concat([picture, Buffer.from(path)])));
  const databaseUrl = await migratedDatabase();
  return {
    settings: { DATA_DIR: folder.path, DATABASE_URL: databaseUrl, LOG_LEVEL: 'debug', ...s3.settings },
    s3,
    origin,
    async accept(minilab, count) {
      const urls = Array.from({ length: count }, (_, i) => `${origin.url}/${i}.jpg\n`);
      return json<Batch>(upload(minilab.url, `Image\n${urls.join('')}`));
    },
    rows: () => rowsOf(databaseUrl),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function rowsOf(databaseUrl: string): Promise<Map<string, { bytes: number; sha256: string }>> {
  const { db } = openDatabase(databaseUrl);
  const { rows } = await sql<{ key: string; bytes: number; sha256: string }>`
    select 'some/place/' || t.token || '/' || r.hash16 || '/' || r.name || '.' || r.extension as key,
      r.bytes::integer as bytes, encode(r.sha256, 'hex') as sha256
    from renditions r join tenants t using (tenant_id)`.execute(db);
  await db.destroy();
  return new Map(rows.map(({ key, ...content }) => [key, content]));
}

/** What lies in the bucket, in the form of the rows. */
export function contentsOf({ objects }: S3): Map<string, { bytes: number; sha256: string }> {
  return new Map(
    objects.fileKeys.map((key) => {
      const body = objects.get(key)?.body ?? Buffer.alloc(0);
      return [key, { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') }];
    }),
  );
}

/** How many images it has completed: each was decoded in its turn. */
export function completedBy(minilab: Running): number {
  return minilab.said().split('"is":"completed"').length - 1;
}

/** Why images went back, one reason each; those that only wait for their host are not among them. */
export function givenBackBy(minilab: Running): string[] {
  return [...minilab.said().matchAll(/"is":"returned","because":"([^"]*)/g)].map(
    ([, because = '']) => because,
  );
}
