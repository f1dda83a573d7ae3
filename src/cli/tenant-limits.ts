import type { Standing } from '../access/quotas.ts';
import type { TenantLimits } from '../access/tenant-limits.ts';
import { Problem } from '../errors.ts';
import { parseBytes } from '../units.ts';
import { size } from './output.ts';

export type LimitOptions = {
  requestsPerSecond?: string;
  batchesAtOnce?: string;
  imagesPerDay?: string;
  storedBytes?: string;
};

const NONE = 'none';
const MOST = 2 ** 31 - 1; // of an integer column

/** The limits that options name. @throws Problem `bad_request` */
export function limitsOf(options: LimitOptions): Partial<TenantLimits> {
  const { requestsPerSecond, batchesAtOnce, imagesPerDay, storedBytes } = options;
  if (Object.keys(options).length === 0)
    throw new Problem('bad_request', {
      detail: 'Name at least one limit, such as --images-per-day 10000; none takes a limit away.',
    });
  return {
    ...(requestsPerSecond !== undefined && {
      requestsPerSecond: countOf('--requests-per-second', requestsPerSecond, 1),
    }),
    ...(batchesAtOnce !== undefined && { batchesAtOnce: countOf('--batches-at-once', batchesAtOnce, 0) }),
    ...(imagesPerDay !== undefined && { imagesPerDay: countOf('--images-per-day', imagesPerDay, 0) }),
    ...(storedBytes !== undefined && { storedBytes: bytesOf(storedBytes) }),
  };
}

/** @returns null for `none` */
function countOf(option: string, text: string, least: number): number | null {
  if (text === NONE) return null;
  const count = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= MOST) return count;
  throw new Problem('bad_request', {
    detail: `${option} is "${text}", and must be a whole number from ${least} to ${MOST}, or ${NONE}.`,
  });
}

function bytesOf(text: string): number | null {
  if (text === NONE) return null;
  const bytes = parseBytes(text);
  if (bytes !== undefined && Number.isSafeInteger(bytes)) return bytes;
  throw new Problem('bad_request', {
    detail: `--stored-bytes is "${text}", and must be a size such as 500000000, 500MB or 50GiB, or ${NONE}.`,
  });
}

export const LIMIT_HEAD = ['RUNNING', 'IMAGES TODAY', 'STORED', 'REQUESTS/S'];

/** What a tenant uses of each limit. */
export function limitCells(standing: Standing | undefined): string[] {
  if (!standing) return [];
  const { limits, runningBatches, imagesToday, storedBytes } = standing;
  return [
    ofLimit(String(runningBatches), limits.batchesAtOnce?.toString()),
    ofLimit(String(imagesToday), limits.imagesPerDay?.toString()),
    ofLimit(size(storedBytes), limits.storedBytes === null ? undefined : size(limits.storedBytes)),
    limits.requestsPerSecond?.toString() ?? 'default',
  ];
}

function ofLimit(used: string, limit: string | undefined): string {
  return limit === undefined ? used : `${used} of ${limit}`;
}
