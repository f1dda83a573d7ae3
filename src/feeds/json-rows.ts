/**
 * The objects of a JSON file as rows: those of an array, of lines (NDJSON), or of the only array of objects within an
 * object, as APIs answer.
 */
import type { TableRow } from '../csv/records.ts';
import { isSingle, ListSearch } from './json-list.ts';
import type { JsonSource } from './json-source.ts';
import type { Keys } from './keys.ts';

/**
 * The rows, as many at a time as have arrived.
 * @throws Problem `csv_invalid`: `json_invalid`, `row_too_long`
 */
export async function* jsonRows(source: JsonSource, keys: Keys): AsyncGenerator<TableRow[]> {
  const { scanner } = source;
  const first = await source.scan(() => scanner.peek() ?? 'nothing');
  if (first !== '{' && first !== '[')
    throw source.refusal(`The file holds ${described(first)}, and no objects. ${ADVICE}`);
  const search = first === '{' && (await isSingle(source)) ? new ListSearch(source) : undefined;
  if (first === '{' && !(await search?.enter())) {
    yield* rowsOf(source, keys, () => (scanner.peek() === undefined ? 'end' : rowAt(source, keys)));
    return;
  }
  scanner.at += 1;
  yield* rowsOf(source, keys, elementStep(source, keys));
  await search?.leave();
  const next = await source.scan(() => scanner.peek() ?? 'nothing');
  if (next !== 'nothing')
    throw source.refusal(`There is more behind the end of the JSON: ${described(next)}.`);
}

const ADVICE = 'Write an array with one object per product, such as [{"sku": "1", "image": "https://…"}].';

/** Moves the scanner over one row. */
type Step = () => TableRow | 'end';

async function* rowsOf(source: JsonSource, keys: Keys, step: Step): AsyncGenerator<TableRow[]> {
  for (;;) {
    const { rows, ended, error } = arrived(source, keys, step);
    if (rows.length > 0) yield rows;
    if (error !== undefined) throw error;
    if (ended) return;
    await source.fill();
  }
}

type Arrived = { rows: TableRow[]; ended: boolean; error?: unknown };

/** The rows that have arrived, also those before an error. */
function arrived(source: JsonSource, keys: Keys, step: Step): Arrived {
  const rows: TableRow[] = [];
  try {
    for (;;) {
      const row = source.attempt(step);
      if (row === undefined || row === 'end') return { rows, ended: row === 'end' };
      if (keys.count(row.cells)) rows.push(row);
    }
  } catch (error) {
    return { rows, ended: true, error };
  }
}

/** For the elements of an array, from behind its bracket. */
function elementStep(source: JsonSource, keys: Keys): Step {
  const { scanner } = source;
  let [isFirst, isLast] = [true, false];
  return () => {
    if (isLast) return 'end';
    if (isFirst && scanner.peek() === ']') {
      scanner.at += 1;
      return 'end';
    }
    const row = rowAt(source, keys);
    isLast = scanner.take(',]', 'After an object') === ']';
    isFirst = false;
    return row;
  };
}

/** @throws Problem `csv_invalid` where there is no object */
function rowAt(source: JsonSource, keys: Keys): TableRow {
  const { scanner } = source;
  const next = scanner.peek() ?? 'nothing';
  if (next !== '{') throw source.refusal(`There must be an object here, not ${described(next)}. ${ADVICE}`);
  const line = source.line();
  return { line, cells: scanner.object(keys, line) };
}

function described(next: string): string {
  if (next === 'nothing') return next;
  if (next === '{') return 'an object';
  if (next === '[') return 'an array';
  return next === '"' ? 'a text' : `"${next}"`;
}
