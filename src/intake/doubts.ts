/**
 * Whether plain columns Width, Height, Quality, Format and Preset are meant for the picture. In a catalogue
 * they are more often those of the product: a poster's centimetres, eBay's FixedPrice. A column that cannot be
 * meant is not read, for no row, and there is a warning. A mapping, or a name such as `Image Width`, is never doubted.
 */
import type { Flaw } from '../errors.ts';
import { MAX_OUTPUT_SIDE } from '../presets/spec.ts';
import type { Preset } from '../presets/spec.ts';
import { FORMAT_NAMES } from './row-options.ts';
import { type ColumnMapping, type Columns, keyOf } from '../csv/header/columns.ts';
import type { TableRow } from '../csv/records.ts';

const ROLES = ['preset', 'width', 'height', 'quality', 'format'] as const;
export type ChoiceRole = (typeof ROLES)[number];

export type DoubtRules = {
  presets: ReadonlySet<string>;
  /** the least side of a box that can be meant, beside the renditions of the row's preset */
  leastSide?: ((preset: string) => number) | undefined;
};

/** Watches these columns; one that is not meant is taken out of `columns`. */
export type Doubts = {
  look(row: TableRow): void;
  /** what is not read, also not in the rows before it was found out */
  unmeant(): ChoiceRole[];
  warnings(): Flaw[];
};

/** What a cell says of its column: `no` settles it, `odd` only while nothing else has. */
type Verdict = 'yes' | 'odd' | 'no';

/** @param rows the first ones, to look at before any of them is read */
export function watchChoices(
  { names, columns, mapping }: { names: string[]; columns: Columns; mapping?: ColumnMapping | undefined },
  rules: DoubtRules,
  rows: TableRow[],
): Doubts {
  const doubted = new Map(
    ROLES.flatMap((role) => {
      const column = columns[role];
      const isPlain =
        column !== undefined && mapping?.[role] === undefined && keyOf(names[column] ?? '') === role;
      return isPlain ? [[role, column] as const] : [];
    }),
  );
  const settled = new Set<ChoiceRole>();
  const unmeant = new Set<ChoiceRole>();
  const warnings: Flaw[] = [];
  const nameOf = (role: ChoiceRole): string => (names[doubted.get(role) ?? 0] ?? '').trim();

  function drop(role: ChoiceRole, row: TableRow): void {
    const roles = isSide(role) ? SIDES.filter((side) => doubted.has(side)) : [role];
    const column = doubted.get(role) ?? 0;
    const text = cellOf(row, column).slice(0, 40);
    warnings.push({ line: row.line, column: column + 1, ...notMeant(role, text, roles, roles.map(nameOf)) });
    for (const each of roles) {
      columns[each] = undefined;
      unmeant.add(each);
      doubted.delete(each);
    }
  }

  function verdictOf(role: ChoiceRole, row: TableRow, text: string): Verdict {
    if (role === 'preset') return presetVerdict(text, rules.presets);
    if (role === 'format') return formatVerdict(text);
    if (role === 'quality') return qualityVerdict(text);
    const sides = SIDES.map((side) => Number(cellOf(row, columns[side]))).filter(Number.isFinite);
    const preset = cellOf(row, columns.preset);
    return sideVerdict(text, Math.max(...sides), rules.leastSide?.(preset) ?? LEAST_SIDE);
  }

  function look(row: TableRow, isFirstLook: boolean): void {
    for (const [role, column] of doubted) {
      const text = cellOf(row, column);
      if (text === '') continue;
      const verdict = verdictOf(role, row, text);
      if (verdict === 'yes') settled.add(role);
      else if (verdict === 'no' || (!isFirstLook && !settled.has(role))) drop(role, row);
    }
  }

  for (const row of rows) look(row, true);
  return {
    look: (row) => look(row, false),
    unmeant: () => [...unmeant],
    warnings: () => warnings,
  };
}

function notMeant(role: ChoiceRole, text: string, roles: ChoiceRole[], names: string[]): Omit<Flaw, 'line'> {
  const called = names.map((name) => `"${name}"`).join(' and ');
  const [columns, are] = roles.length > 1 ? ['columns', 'are'] : ['column', 'is'];
  const mapping = JSON.stringify(Object.fromEntries(roles.map((each, i) => [each, names[i]])));
  const plainly = roles.map((each) => `"Image ${each[0]?.toUpperCase()}${each.slice(1)}"`).join(' and ');
  return {
    code: 'column_not_read',
    detail:
      `The ${columns} ${called} ${are} not read, because "${text}" can hardly be meant for the picture: ${WHY[role]}. ` +
      `If it is, upload again with columns=${mapping}, or with the ${columns} called ${plainly}.`,
  };
}

const SIDES = ['width', 'height'] as const;

const WHY: Record<ChoiceRole, string> = {
  preset: 'no preset has such a name',
  width: 'pixels of a picture are whole numbers, at least 100 and no less than those of the other renditions',
  height:
    'pixels of a picture are whole numbers, at least 100 and no less than those of the other renditions',
  quality: 'the quality of a picture is a number from 11 to 100',
  format: 'no picture has such a format',
};

const LEAST_SIDE = 100;

/**
 * A box smaller than another rendition of its preset is not meant: the first rendition is the large one.
 * @param batchPreset for rows that choose none
 */
export function leastSideOf(
  presets: readonly Preset[],
  batchPreset: Preset | undefined,
): (preset: string) => number {
  const byName = new Map(presets.map((preset) => [preset.name, least(preset)]));
  const ofBatch = batchPreset ? least(batchPreset) : LEAST_SIDE;
  return (name) => byName.get(name) ?? ofBatch;
}

function least({ renditions }: Preset): number {
  const others = renditions.slice(1).map(({ width, height }) => Math.max(width ?? 0, height ?? 0));
  return Math.max(LEAST_SIDE, ...others);
}

function isSide(role: ChoiceRole): boolean {
  return role === 'width' || role === 'height';
}

function cellOf({ cells }: TableRow, column: number | undefined): string {
  return column === undefined ? '' : (cells[column] ?? '').trim();
}

/** @param longest of the sides that the row names */
function sideVerdict(text: string, longest: number, leastSide: number): Verdict {
  const number = Number(text);
  if (/^\d+ ?(?:px|pixels?)$/i.test(text)) return 'yes'; // it is an error, and no other meaning
  if (Number.isNaN(number)) return /^[\d.,/ ]+(?:[^\d.,/ ]\D*)?$/.test(text) ? 'no' : 'odd'; // 50 cm, 12", 1,5
  if (!Number.isInteger(number) || number < LEAST_SIDE || longest < leastSide) return 'no';
  return number <= MAX_OUTPUT_SIDE ? 'yes' : 'odd';
}

const HIGHEST_GRADE = 10;

function qualityVerdict(text: string): Verdict {
  const number = Number(text);
  if (!Number.isInteger(number)) return 'odd';
  if (number <= HIGHEST_GRADE) return 'no';
  return number <= 100 ? 'yes' : 'odd';
}

const OTHER_FORMATS = /^(?:gif|tiff?|bmp|hei[cf]|jxl|jp2|jfif|svg|ico)$/i; // of pictures, though none that we make

function formatVerdict(text: string): Verdict {
  return FORMAT_NAMES.has(text.toLowerCase()) || OTHER_FORMATS.test(text) ? 'yes' : 'odd';
}

function presetVerdict(text: string, presets: ReadonlySet<string>): Verdict {
  return presets.has(text.toLowerCase()) || /^[a-z][a-z0-9-]*$/.test(text) ? 'yes' : 'odd';
}
