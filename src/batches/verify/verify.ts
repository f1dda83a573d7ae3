/**
 * Compares the storage with the rows of renditions: two lists in the same order, a page of each in memory.
 *
 * Workers go on meanwhile, so the two lists are never of the same moment. What looks wrong is looked at once
 * more, and then its row is read again: files exist before their row does, and until after it is deleted. So a
 * set whose row was there before and after the look really lacks the file.
 */
import pLimit from 'p-limit';
import type { Db } from '../../db/database.ts';
import { Problem, systemCode } from '../../errors.ts';
import { readContent } from '../../storage/content.ts';
import { partsOf, type StorageKey } from '../../storage/keys.ts';
import { inGroups, merge } from '../../storage/merge.ts';
import { type Content, type Listed, type Storage, UNFINISHED } from '../../storage/storage.ts';
import { forgetSets } from '../purge.ts';
import {
  type Compared,
  compareSet,
  type Flaw,
  flawOf,
  type ListedSet,
  type SetPair,
  setsOfPage,
} from './compare.ts';
import {
  batchesWith,
  databaseNow,
  purgedOf,
  type RecordedFile,
  type RecordedSet,
  recordedSets,
  type Tenant,
  tenantsOf,
  timesOf,
} from './stored-sets.ts';

export type VerifyOptions = {
  /** the part of the files whose SHA-256 is compared, from 0 to 1 */
  sample: number;
  /** whether files are read for their SHA-256, and not what the storage says of them */
  isDeep: boolean;
  /** whether sets with flaws are deleted, so that the next run of their sources makes them again */
  forgets: boolean;
  /** files without a row that are younger may belong to images in progress */
  olderThanMs: number;
  signal: AbortSignal;
  onFinding(finding: Finding): void;
};

export type Finding = Flaw | { is: 'orphan' | 'unfinished'; key: string; listed: Listed };

export type Verified = {
  files: number;
  /** files whose SHA-256 was compared */
  compared: number;
  found: Record<Finding['is'], number>;
  /** files without a row that are too young to be orphans */
  young: number;
  forgottenSets: number;
  /** batches with images of forgotten sets */
  batchIds: Set<string>;
};

/** A sector of its disk cannot be read: damage of this file, not trouble of the whole storage. */
const UNREADABLE = Symbol('unreadable');
const SETS_AT_ONCE = 500;
const FILES_AT_ONCE = 16;

export async function verifyStorage(db: Db, storage: Storage, options: VerifyOptions): Promise<Verified> {
  const verification = new Verification(db, storage, { ...options, startedAt: await databaseNow(db) });
  const tenants = await tenantsOf(db);
  if (options.forgets) await refuseEmpty(storage, tenants, options.signal);
  for (const tenant of tenants) {
    const pairs = merge<ListedSet, RecordedSet>(
      { pages: listedSets(storage, tenant, options.signal), keyOf: ({ setId }) => setId },
      { pages: recordedSets(db, tenant), keyOf: ({ setId }) => setId },
    );
    for await (const group of inGroups(pairs, SETS_AT_ONCE)) {
      options.signal.throwIfAborted();
      await verification.verifyGroup(tenant, group);
    }
  }
  return verification.verified;
}

/** All files are missing where a disk is not mounted, or a setting is wrong: no reason to delete all rows. */
async function refuseEmpty(storage: Storage, tenants: Tenant[], signal: AbortSignal): Promise<void> {
  for (const { token } of tenants)
    for await (const page of storage.list(`${token}/`, signal)) if (page.length > 0) return;
  throw new Problem('storage_unavailable', {
    detail: `${storage.name} has no file of this database, so nothing is forgotten. Check STORAGE_URL.`,
  });
}

async function* listedSets(storage: Storage, { token }: Tenant, signal: AbortSignal) {
  for await (const page of storage.list(`${token}/`, signal)) yield setsOfPage(page);
}

class Verification {
  readonly verified: Verified = {
    files: 0,
    compared: 0,
    found: { missing: 0, size: 0, sha256: 0, orphan: 0, unfinished: 0 },
    young: 0,
    forgottenSets: 0,
    batchIds: new Set(),
  };
  readonly #db: Db;
  readonly #storage: Storage;
  readonly #options: VerifyOptions & { startedAt: Date };

  constructor(db: Db, storage: Storage, options: VerifyOptions & { startedAt: Date }) {
    this.#db = db;
    this.#storage = storage;
    this.#options = options;
  }

  async verifyGroup(tenant: Tenant, pairs: SetPair[]): Promise<void> {
    const compared = pairs.map(compareSet);
    this.verified.files += pairs.reduce((sum, { right }) => sum + (right?.files.length ?? 0), 0);
    const flaws = await this.#doubtful(compared);
    const unnamed = compared.flatMap((each) => each.unnamed);
    const madeAt = new Map(
      pairs.flatMap(({ right }) => (right ? [[right.setId, right.madeAt] as const] : [])),
    );
    const setIds = [...new Set([...flaws, ...unnamed].map(setIdOf))];
    const madeNow =
      setIds.length > 0 ? await timesOf(this.#db, tenant.tenantId, setIds) : new Map<string, string>();
    const isSame = (file: { key: string }): boolean =>
      madeNow.get(setIdOf(file)) === madeAt.get(setIdOf(file));
    const confirmed = flaws.filter(isSame);
    for (const flaw of confirmed) this.#tell(flaw);
    await this.#tellUnnamed(tenant, unnamed.filter(isSame));
    const uploaded = new Set(pairs.flatMap(({ right }) => (right?.isUploaded ? [right.setId] : [])));
    const forgettable = new Set(confirmed.map(setIdOf).filter((setId) => !uploaded.has(setId)));
    if (this.#options.forgets) await this.#forget(tenant, [...forgettable]);
  }

  /** What is still wrong when it is looked at again, and files with other bytes. */
  async #doubtful(compared: Compared[]): Promise<Flaw[]> {
    const inTurn = pLimit(FILES_AT_ONCE);
    const suspects = compared.flatMap(({ flaws }) => flaws);
    const sample = compared.flatMap(({ alike }) => alike.filter(() => Math.random() < this.#options.sample));
    const found = await Promise.all([
      ...suspects.map(({ recorded }) => inTurn(() => this.#lookAgain(recorded))),
      ...sample.map((recorded) => inTurn(() => this.#compareBytes(recorded))),
    ]);
    return found.filter((flaw) => flaw !== undefined);
  }

  async #lookAgain(recorded: RecordedFile): Promise<Flaw | undefined> {
    return flawOf(recorded, await this.#storage.look(recorded.key, this.#options.signal));
  }

  async #compareBytes(recorded: RecordedFile): Promise<Flaw | undefined> {
    const { key } = recorded;
    const { isDeep, signal } = this.#options;
    const content = isDeep ? await this.#read(key) : undefined;
    if (content === UNREADABLE) return { is: 'sha256', key, recorded, found: {} };
    if (isDeep && !content) return flawOf(recorded, undefined);
    const sha256 = content?.sha256 ?? (await this.#storage.sha256Of?.(key, signal));
    if (sha256 === undefined) return undefined; // the storage does not know it
    this.verified.compared += 1;
    return sha256 === recorded.sha256 ? undefined : { is: 'sha256', key, recorded, found: { sha256 } };
  }

  async #read(key: StorageKey): Promise<Content | typeof UNREADABLE | undefined> {
    return readContent(this.#storage, key, this.#options.signal).catch((error: unknown) => {
      if (systemCode(error) === 'EIO') return UNREADABLE;
      throw error;
    });
  }

  /** Files of sets that are being purged have no row any more, and are no orphans. */
  async #tellUnnamed({ tenantId }: Tenant, files: Listed[]): Promise<void> {
    if (files.length === 0) return;
    const purged = await purgedOf(this.#db, tenantId, [...new Set(files.map(setIdOf))]);
    const { olderThanMs, startedAt } = this.#options;
    for (const listed of files) {
      const { key, modifiedAt } = listed;
      const isUnfinished = UNFINISHED.test(key);
      if (startedAt.getTime() - modifiedAt.getTime() < olderThanMs) this.verified.young += 1;
      else if (isUnfinished || !purged.has(setIdOf(listed)))
        this.#tell({ is: isUnfinished ? 'unfinished' : 'orphan', key, listed });
    }
  }

  #tell(finding: Finding): void {
    this.verified.found[finding.is] += 1;
    this.#options.onFinding(finding);
  }

  async #forget({ tenantId }: Tenant, setIds: string[]): Promise<void> {
    if (setIds.length === 0) return;
    await forgetSets(
      this.#db,
      setIds.map((hash16) => ({ tenant_id: tenantId, hash16 })),
    );
    this.verified.forgottenSets += setIds.length;
    // After it is committed: an image may have been recorded meanwhile.
    for (const id of await batchesWith(this.#db, tenantId, setIds)) this.verified.batchIds.add(id);
  }
}

function setIdOf({ key }: { key: string }): string {
  return partsOf(key).setId;
}
