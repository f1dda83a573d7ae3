import type { Db } from '../db/database.ts';
import type { Mark } from '../pipeline/marks.ts';
import { marksOf } from './mark.queries.ts';

/** The marks of a tenant, read when they had this version or a later one. */
type Cached = { version: number; marks: readonly Mark[] };

const MAX_TENANTS = 100; // of 1,000 marks each: 50 MB

/**
 * The marks that a worker knows. A claim reads the version of its tenants' marks, so a mark holds for every image that is
 * claimed after it was made.
 */
export class MarkCache {
  readonly #tenants = new Map<number, Cached>();

  /** @param versions `tenants.marks_version` of each tenant */
  async of(db: Db, versions: ReadonlyMap<number, number>): Promise<Map<number, readonly Mark[]>> {
    const found = new Map<number, readonly Mark[]>();
    for (const [tenantId, version] of versions)
      if (version > 0) found.set(tenantId, await this.#marksOf(db, tenantId, version));
    return found;
  }

  async #marksOf(db: Db, tenantId: number, version: number): Promise<readonly Mark[]> {
    const cached = this.#tenants.get(tenantId);
    if (cached?.version === version) return cached.marks;
    const marks = await marksOf(db, tenantId);
    if (this.#tenants.size >= MAX_TENANTS) this.#tenants.clear();
    this.#tenants.set(tenantId, { version, marks });
    return marks;
  }
}
