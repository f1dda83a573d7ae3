import type { Flaw } from '../../errors.ts';
import { type ColumnMapping, type Columns, columnsByAlias, keyOf } from './columns.ts';

export const MAX_COLUMNS = 200;

/** What a header says. Without a column of URLs there are no columns. */
export type Header = { names: string[]; columns: Columns | undefined; errors: Flaw[]; warnings: Flaw[] };

/**
 * Finds the columns that Minilab needs, by their names or by what the user says of them. Only one of
 * URLs must be there.
 * @param line of the header
 */
export function readHeader(names: string[], line: number, mapping: ColumnMapping = {}): Header {
  if (names.length > MAX_COLUMNS) return refused(names, line, tooManyColumns(names.length));
  const keys = names.map(keyOf);
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
    detail: `The header has ${count} columns; at most ${MAX_COLUMNS} are read.`,
  };
}

/** What the user says of the columns goes before what their names say. */
function mapped(byAlias: Columns, named: Named, mapping: ColumnMapping) {
  const columns = { ...byAlias };
  const unknown: string[] = [];
  const all = (name: string): number[] => {
    const found = columnsNamed(name, named);
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

/** The cells of a header, and their keys: to make one takes as long as the cell is. */
type Named = { names: string[]; keys: string[] };

/** As it is written, and else as it is read. */
function columnsNamed(name: string, { names, keys }: Named): number[] {
  const exact = [...names.keys()].filter((i) => names[i]?.trim() === name.trim());
  const key = keyOf(name);
  return exact.length > 0 ? exact : [...keys.keys()].filter((i) => keys[i] === key);
}

/** Columns of a name that another one before has, where it matters which of them is read. */
function duplicates({ names, keys }: Named, line: number, columns: Columns): Flaw[] {
  const { name, sku, serial, preset, width, height, quality, format } = columns;
  const read = [name, ...sku, serial, preset, width, height, quality, format];
  return read.flatMap((first) => {
    if (first === undefined) return [];
    const isTwin = (i: number): boolean => i > first && keys[i] === keys[first];
    const twins = [...names.keys()].filter(isTwin);
    const detail = `The column is called "${names[first]?.trim()}" as column ${first + 1} is, and only that one is read.`;
    return twins.map((i) => ({ line, column: i + 1, code: 'duplicate_header', detail }));
  });
}

export function listed(names: string[]): string {
  return names
    .map((name) => `"${name.trim().slice(0, 40)}"`)
    .slice(0, 10)
    .join(', ');
}
