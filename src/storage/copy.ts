/** Copies a whole storage into another one, while workers go on: what is there already is left alone. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { download } from './content.ts';
import { contentTypeOf, type StorageKey } from './keys.ts';
import { inGroups, merge, type Pair } from './merge.ts';
import { type Listed, type Storage, UNFINISHED } from './storage.ts';

/**
 * - `copied`
 * - `present`: the target had it
 * - `gone`: it was removed meanwhile
 * - `different`: the target has another content under the key, which stays
 * - `damaged`: it has another SHA-256 than the source knows, and is not copied
 */
type CopyResult = 'copied' | 'present' | 'gone' | 'different' | 'damaged';

export type Copied = Record<CopyResult, number> & { bytes: number };

type Parts = {
  from: Storage;
  to: Storage;
  temporaryFolder: string;
  signal: AbortSignal;
  /** called with files that are different or damaged */
  onFlaw(is: CopyResult, key: StorageKey): void;
};

const FILES_AT_ONCE = 16;
const PAIRS_AT_ONCE = 1_000;

/** @throws what failed first, as soon as the files in hand have ended */
export async function copyStorage(parts: Parts): Promise<Copied> {
  const { from, to, onFlaw } = parts;
  const failing = new AbortController();
  const signal = AbortSignal.any([parts.signal, failing.signal]);
  const copied: Copied = { copied: 0, present: 0, gone: 0, different: 0, damaged: 0, bytes: 0 };
  const inTurn = pLimit(FILES_AT_ONCE);
  const copyNext = async ({ left, right }: Pair<Listed, Listed>): Promise<void> => {
    if (!left || UNFINISHED.test(left.key)) return;
    const result = await (right ? compared(left, right) : inTurn(() => copyFile(left, { ...parts, signal })));
    copied[result] += 1;
    if (result === 'copied') copied.bytes += left.bytes;
    if (result === 'different' || result === 'damaged') onFlaw(result, left.key);
  };
  const keyOf = ({ key }: Listed): StorageKey => key;
  const pairs = merge({ pages: from.list('', signal), keyOf }, { pages: to.list('', signal), keyOf });
  for await (const group of inGroups(pairs, PAIRS_AT_ONCE)) {
    const copying = group.map((pair) => copyNext(pair).catch((error: unknown) => failing.abort(error)));
    await Promise.all(copying);
    signal.throwIfAborted();
  }
  return copied;
}

function compared(left: Listed, right: Listed): CopyResult {
  return left.bytes === right.bytes ? 'present' : 'different';
}

async function copyFile({ key }: Listed, { from, to, temporaryFolder, signal }: Parts): Promise<CopyResult> {
  signal.throwIfAborted();
  const path = join(temporaryFolder, randomUUID());
  try {
    const content = await download(from, key, { path, isSynced: to.wantsSynced, signal });
    if (!content) return 'gone';
    const known = await from.sha256Of?.(key, signal);
    if (known !== undefined && known !== content.sha256) return 'damaged';
    const kept = await to.put(key, { ...content, path, contentType: contentTypeOf(key) }, signal);
    return kept.sha256 === content.sha256 ? 'copied' : 'different';
  } finally {
    await rm(path, { force: true });
  }
}
