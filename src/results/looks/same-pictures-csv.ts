import { sql } from 'kysely';
import { plainCsvText } from '../../csv/write.ts';
import type { Db } from '../../db/database.ts';
import type { BatchResults } from '../results.queries.ts';
import { type LookFilter, wantedLooks } from './look.queries.ts';

const HEADER = ['group', 'kind', 'row', 'sku', 'name', 'position', 'url'];

/** A line for each image of each group, with the delimiter of the input and formulas escaped. */
export async function* samePicturesCsv(
  db: Db,
  results: BatchResults,
  wanted: Pick<LookFilter, 'kind' | 'minProducts'>,
): AsyncGenerator<string> {
  const { format } = results;
  yield `${format.bom ? '\u{feff}' : ''}${plainCsvText([HEADER], format)}`;
  for await (const slots of slotPages(db, results, wanted)) {
    const lines = await readLines(db, results, slots);
    yield plainCsvText(lines.map(cellsOf), format);
  }
}

type Slots = { looks: number[]; kinds: string[]; slots: number[] };

const LOOKS_AT_ONCE = 100;
const SLOTS_AT_ONCE = 1_000;

/** The slots of all groups, in pages: a group may have a million. */
async function* slotPages(
  db: Db,
  results: BatchResults,
  wanted: Pick<LookFilter, 'kind' | 'minProducts'>,
): AsyncGenerator<Slots> {
  let page: Slots = { looks: [], kinds: [], slots: [] };
  for (let afterLook = 0; ;) {
    const filter = { ...wanted, afterLook, limit: LOOKS_AT_ONCE };
    const { rows } = await sql<{ look: number; kind: string; slots: number[] }>`
      select look, kind, slots from (${wantedLooks(results, filter)}) l order by look`.execute(db);
    for (const { look, kind, slots } of rows)
      for (const slot of slots) {
        page.looks.push(look);
        page.kinds.push(kind);
        if (page.slots.push(slot) < SLOTS_AT_ONCE) continue;
        yield page;
        page = { looks: [], kinds: [], slots: [] };
      }
    afterLook = rows.at(-1)?.look ?? 0;
    if (rows.length < LOOKS_AT_ONCE) break;
  }
  if (page.slots.length > 0) yield page;
}

type Line = {
  look: number;
  kind: string;
  row_number: number;
  sku: string | null;
  name: string;
  position: number;
  url: string;
};

async function readLines(
  db: Db,
  { tenantId, batchId }: BatchResults,
  { looks, kinds, slots }: Slots,
): Promise<Line[]> {
  const { rows } = await sql<Line>`
    select s.look, s.kind, i.row_number, p.sku, p.name, i.position, i.url
    from unnest(${looks}::integer[], ${kinds}::text[], ${slots}::integer[]) with ordinality as s (look, kind, slot, place)
    join images i on i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.slot = s.slot
    join products p on p.tenant_id = ${tenantId} and p.batch_id = ${batchId} and p.row_number = i.row_number
    order by s.place`.execute(db);
  return rows;
}

function cellsOf({ look, kind, row_number, sku, name, position, url }: Line): string[] {
  return [String(look), kind, String(row_number), sku ?? '', name, String(position), url];
}
