import type { BatchKey } from '../../batches/batch.ts';
import { noSuchBatch } from '../../batches/status.routes.ts';
import { listChannels, noSuchChannel } from '../../channels/channel.queries.ts';
import type { CheckChoice } from '../../channels/check-query.ts';
import type { Channel } from '../../channels/rule.ts';
import type { Db } from '../../db/database.ts';
import { wrongParameter } from '../../http/flaws.ts';
import { publicId } from '../../ids.ts';
import { findResults } from '../results.queries.ts';
import { BatchCheck } from './check.ts';

export type CheckParts = { db: Db; filesUrl: string };

/**
 * @param names of channels, by the query parameter `parameter`
 * @throws Problem `not_found`, `bad_request`
 */
export async function openCheck(
  { db, filesUrl }: CheckParts,
  batch: BatchKey,
  { names, parameter, choice }: { names: string[]; parameter: string; choice: CheckChoice },
): Promise<BatchCheck> {
  const results = await findResults(db, batch);
  if (!results) throw noSuchBatch(publicId('bat', batch.batchId));
  const channels = await channelsNamed(db, batch.tenantId, names, parameter);
  return new BatchCheck(db, results, { ...choice, channels }, filesUrl);
}

/** @throws Problem `bad_request` that lists the existing channels */
export async function channelsNamed(
  db: Db,
  tenantId: number,
  names: readonly string[],
  parameter: string,
): Promise<Channel[]> {
  const channels = await listChannels(db, tenantId);
  return [...new Set(names)].map((name) => {
    const found = channels.find((channel) => channel.name === name);
    if (!found) throw wrongParameter(parameter, `It names no channel. ${noSuchChannel(name, channels)}`);
    return found;
  });
}
