import { type RawBuilder, sql } from 'kysely';

/** A part of a statement that applies on a condition: `when(name !== undefined, sql`and name = ${name}`)`. */
export function when(condition: boolean, part: RawBuilder<unknown>): RawBuilder<unknown> {
  return condition ? part : sql``;
}
