import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { KnownSet, Reusable } from '../pipeline/pipeline.ts';
import { setIdOf } from '../pipeline/plan.ts';
import type { Recipe } from '../presets/spec.ts';
import { findSets, setName } from './rendition-sets.ts';

/** What is known of the source of an image; null where it was never downloaded. */
export type KnownSource = {
  source_sha256: Buffer | null;
  final_url: string | null;
  etag: string | null;
  last_modified: string | null;
  is_fresh: boolean;
};

/**
 * SQL: the columns of `KnownSource`, of a row `s` of `sources` and the row `b` of the image's batch, whose
 * `fresh_for_s` says how long it takes a source as fresh, whatever the host says.
 */
export const KNOWN_SOURCE = sql`
  s.sha256 as source_sha256, s.final_url, s.etag, s.last_modified,
  coalesce(greatest(s.fresh_until, s.fetched_at + b.fresh_for_s * interval '1 second') > now(), false) as is_fresh`;

/**
 * Finds renditions that were made before of the same sources by the same recipes. No statement when none of the
 * sources was downloaded before, else one for any number of images.
 * @returns in the order of the images; undefined where nothing can be reused
 */
export async function findReusable(
  db: Db,
  images: (KnownSource & { tenant_id: number; recipe: Recipe })[],
): Promise<(Reusable | undefined)[]> {
  const keys = images.map(({ tenant_id: tenantId, source_sha256: sha256, recipe }) =>
    sha256 === null ? undefined : { tenantId, setId: setIdOf({ sha256 }, recipe) },
  );
  const sets = await findSets(
    db,
    keys.flatMap((key) => key ?? []),
  );
  return images.map((image, i) => {
    const key = keys[i];
    return reusableOf(image, key && sets.get(setName(key)));
  });
}

function reusableOf(source: KnownSource, set: KnownSet | undefined): Reusable | undefined {
  if (!set || source.source_sha256 === null) return undefined;
  const { source_sha256: sha256, final_url, etag, last_modified, is_fresh: isFresh } = source;
  return {
    sha256,
    finalUrl: final_url ?? '',
    etag: etag ?? undefined,
    lastModified: last_modified ?? undefined,
    isFresh,
    set,
  };
}

/**
 * Forgets sources that nobody requested for 90 days: signed URLs change every night. Their renditions stay.
 * A source that returns is downloaded again, and its renditions are found by its bytes.
 */
export async function forgetSources(db: Db): Promise<void> {
  await sql`delete from sources where fetched_at < now() - interval '90 days'`.execute(db);
}
