import { type ColumnMapping, type Columns, columnKey, columnsByAlias } from '../csv/header/columns.ts';
import type { FoundHeader } from '../csv/header/find-header.ts';
import { MAX_COLUMNS } from '../csv/header/header.ts';
import { guessedImageColumns } from '../csv/header/proposal.ts';
import { unescapeFormula } from '../csv/formulas.ts';
import type { ReadingRules } from './reading.ts';
import { ROW_OPTION_ROLES } from './row-options.ts';

export type Role = keyof ColumnMapping;

/** The roles that a column may have. `several`: a mapping may give it to several columns. */
export const ROLES: { role: Role; several: boolean }[] = [
  { role: 'images', several: true },
  ...(['name', 'sku', 'serial', ...ROW_OPTION_ROLES] as const).map((role) => ({ role, several: false })),
];

/**
 * A column of the header, with its place in `cells`. `how` its role was found: by its `name`, `chosen` by the option
 * `columns`, or `guessed` from its cells: then it is only a proposal, because no column holds images by its name.
 */
export type ListedColumn = {
  index: number;
  header: string;
  role: Role | null;
  how: 'name' | 'chosen' | 'guessed' | null;
  samples: string[];
};

/** @param columns as they were read; undefined where no column holds images */
export function listColumns(
  found: FoundHeader,
  columns: Columns | undefined,
  rules: ReadingRules,
): ListedColumn[] {
  const { names } = found.header;
  if (names.length > MAX_COLUMNS) return []; // such a header is refused, and naming its columns would take seconds
  const read = columns ?? columnsByAlias(names.map(columnKey));
  const guessed = columns ? [] : guessedImageColumns(found.record, found.products, rules);
  const samples = new Samples(found);
  return names.map((name, index) => {
    const role = roleOf(index, read);
    const isGuessed = role === null && guessed.includes(index);
    const how = isGuessed ? 'guessed' : howFound(role, rules.mapping);
    return { index, header: name.trim(), role: isGuessed ? 'images' : role, how, samples: samples.of(index) };
  });
}

function roleOf(index: number, columns: Columns): Role | null {
  const has = (role: Role): boolean => [columns[role]].flat().includes(index);
  return ROLES.find(({ role }) => has(role))?.role ?? null;
}

function howFound(role: Role | null, mapping: ColumnMapping = {}): 'name' | 'chosen' | null {
  if (role === null) return null;
  return mapping[role] === undefined ? 'name' : 'chosen';
}

const MAX_SAMPLES = 3;
const MAX_SAMPLE_CHARACTERS = 80;

/** Different texts of the first cells of a column. */
class Samples {
  readonly #cells: string[][];

  constructor({ products }: FoundHeader) {
    this.#cells = products.map(({ cells }) => cells);
  }

  of(index: number): string[] {
    const samples = new Set<string>();
    for (const cells of this.#cells) {
      const text = unescapeFormula(cells[index] ?? '').trim();
      if (text !== '') samples.add(text.slice(0, MAX_SAMPLE_CHARACTERS).toWellFormed());
      if (samples.size === MAX_SAMPLES) break;
    }
    return [...samples];
  }
}
