import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { publicId } from '../ids.ts';
import { type LatestRow, listLatest } from '../images/sheet.queries.ts';
import { Thumb, thumbBody, type ThumbUrls } from '../images/thumb.ts';

export const LatestImage = Type.Object(
  { image_id: Type.String(), slot: Type.Integer(), thumb: Thumb },
  { 'x-name': 'LatestImage' },
);

/** The images of batches that were completed last, newest first, by batch id. */
export async function latestOf(
  db: Db,
  wanted: { tenantId: number; batchIds: string[]; count: number },
  urls: ThumbUrls,
): Promise<Map<string, Static<typeof LatestImage>[]>> {
  const byBatch = Map.groupBy(await listLatest(db, wanted), (row) => row.batch_id);
  return new Map(
    Array.from(byBatch, ([batchId, rows]) => [batchId, rows.flatMap((row) => bodyOf(row, urls) ?? [])]),
  );
}

function bodyOf(
  { token, hash16, files, image_id, slot }: LatestRow,
  urls: ThumbUrls,
): Static<typeof LatestImage> | undefined {
  const thumb = thumbBody(hash16 === null ? undefined : { token, setId: hash16 }, files, urls);
  return thumb ? { image_id: publicId('img', image_id), slot, thumb } : undefined;
}
