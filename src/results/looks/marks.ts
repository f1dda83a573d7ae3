import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

/** What a tenant said of a picture. `look_hash` and `chroma` are null where only the same content counts. */
export type LookMark = {
  sha256: string;
  kind: 'placeholder' | 'allowed';
  look_hash: string | null;
  chroma: [blue: number, red: number] | null;
};

/** None where there is no table of them yet. */
export async function lookMarks(db: Db, tenantId: number): Promise<LookMark[]> {
  const { rows } = await sql<{ is_there: boolean }>`
    select to_regclass('known_pictures') is not null as is_there`.execute(db);
  if (!rows[0]?.is_there) return [];
  const marks = await sql<LookMark>`
    select encode(sha256, 'hex') as sha256, kind, encode(substr(bit_send(look_hash), 5), 'hex') as look_hash, chroma
    from known_pictures where tenant_id = ${tenantId}`.execute(db);
  return marks.rows;
}
