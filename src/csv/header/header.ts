import type { Flaw } from '../../errors.ts';
import { type ColumnMapping, type Columns, columnsByAlias, columnKey } from './columns.ts';

export const MAX_COLUMNS = 200;

/** A header as it was read. `columns` is undefined if there is no image column. */
export type Header = { names: string[]; columns: Columns | undefined; errors: Flaw[]; warnings: Flaw[] };

/**
 * Finds the columns of each role, by the mapping or by their names. Only an image column is required.
 * @param line physical, of the header
 */
export function readHeader(names: string[], line: number, mapping: ColumnMapping = {}): Header {
  if (names.length > MAX_COLUMNS) return refused(names, line, tooManyColumns(names.length));
  const keys = names.map(columnKey);
  const { columns, unknown } = mapped(columnsByAlias(keys), { names, keys }, mapping);
  const errors = unknown.map((name) => ({
    line,
    code: 'no_such_column',
    detail: `There is no column "${name}"; the header has ${listed(names)}.`,
  }));
  const lastImage = Math.max(...columns.images);
  const isLast = names.slice(lastImage + 1).every((name) => name.trim() === '');
  return {
    names,
    columns:
      columns.images.length === 0 ? undefined : { ...columns, spill: isLast ? lastImage + 1 : undefined },
    errors,
    warnings: duplicates({ names, keys }, line, columns),
  };
}

function refused(names: string[], line: number, flaw: Omit<Flaw, 'line'>): Header {
  return { names, columns: undefined, errors: [{ line, ...flaw }], warnings: [] };
}

function tooManyColumns(count: number): Omit<Flaw, 'line'> {
  return {
    code: 'too_many_columns',
    detail: `The header has ${count} columns; at most ${MAX_COLUMNS} are allowed.`,
  };
}

/** The mapping takes precedence over the names. */
function mapped(byAlias: Columns, header: NamesAndKeys, mapping: ColumnMapping) {
  const columns = { ...byAlias };
  const unknown: string[] = [];
  const all = (name: string): number[] => {
    const found = columnsNamed(name, header);
    if (found.length === 0) unknown.push(name);
    return found;
  };
  const { images, sku, ...others } = mapping;
  if (images !== undefined) columns.images = [...new Set([images].flat().flatMap(all))];
  if (sku !== undefined) columns.sku = sku === null ? [] : all(sku).slice(0, 1);
  for (const [role, name] of Object.entries(others))
    columns[role as keyof typeof others] = name === null ? undefined : all(name)[0];
  return { columns, unknown };
}

/** The names of a header, and their keys: making a key takes linear time in the length of its name. */
type NamesAndKeys = { names: string[]; keys: string[] };

/** The columns with exactly this name; if there are none, those whose key is the same. */
function columnsNamed(name: string, { names, keys }: NamesAndKeys): number[] {
  const exact = [...names.keys()].filter((i) => names[i]?.trim() === name.trim());
  const key = columnKey(name);
  return exact.length > 0 ? exact : [...keys.keys()].filter((i) => keys[i] === key);
}

/** A warning for each column with the same name as an earlier column that has a role. */
function duplicates({ names, keys }: NamesAndKeys, line: number, columns: Columns): Flaw[] {
  const { name, sku, serial, preset, width, height, quality, format } = columns;
  const read = [name, ...sku, serial, preset, width, height, quality, format];
  return read.flatMap((first) => {
    if (first === undefined) return [];
    const isTwin = (i: number): boolean => i > first && keys[i] === keys[first];
    const twins = [...names.keys()].filter(isTwin);
    const detail = `The column has the name "${names[first]?.trim()}", like column ${first + 1}. Only column ${first + 1} is read.`;
    return twins.map((i) => ({ line, column: i + 1, code: 'duplicate_header', detail }));
  });
}

/** The first ten names in quotation marks. */
export function listed(names: string[]): string {
  return names
    .map((name) => `"${name.trim().slice(0, 40)}"`)
    .slice(0, 10)
    .join(', ');
}
