/**
 * Versions beside each other on one database, as in a rolling upgrade. The schema version of a program is its newest
 * migration. Each migration says the oldest schema version that may work beside it (`worksWith`), which is
 * written into the database with its name. So an older program, which does not know the migration, can tell
 * whether it may go on.
 */
import type { AppliedMigrations } from './migration.ts';

/** A migration in the database that this version does not know. */
export type NewerSchema = {
  migration: string;
  /** whether this version may work beside it; without a `worksWith`, it may not */
  mayWork: boolean;
};

/**
 * @param known the migrations of this program
 * @returns the newest migration that is not known; one that forbids this version's work comes before all others
 */
export function newerThan(known: readonly string[], applied: AppliedMigrations): NewerSchema | undefined {
  const own = known.toSorted().at(-1) ?? '';
  const unknown = [...applied]
    .filter(([name]) => !known.includes(name))
    .map(([migration, worksWith]) => ({ migration, mayWork: worksWith !== null && worksWith <= own }))
    .toSorted((a, b) => (a.migration < b.migration ? 1 : -1));
  return unknown.find(({ mayWork }) => !mayWork) ?? unknown[0];
}

/** What that means for this process. */
export function sentenceOn({ migration, mayWork }: NewerSchema): string {
  const has = `The database has the migration ${migration} of a newer Minilab`;
  return mayWork
    ? `${has}, beside which this version may work.`
    : `${has}, beside which this version must not work. Install the newer version here too.`;
}
