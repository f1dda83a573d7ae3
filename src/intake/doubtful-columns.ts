/**
 * Whether columns named just Width, Height, Quality, Format or Preset are meant for images. In a catalogue they
 * are more often properties of the product: a poster's centimetres, eBay's FixedPrice. A column that cannot be
 * meant for images is ignored in all rows, with one warning. A column that a mapping assigns, or whose name says
 * it (`Image Width`), is never doubted.
 */
import type { Flaw } from '../errors.ts';
import type { Preset } from '../presets/spec.ts';
import { type ColumnMapping, columnKey, type Columns } from '../csv/header/columns.ts';
import { type TableRow, trimmedCell } from '../csv/records.ts';
import {
  formatVerdict,
  LEAST_SIDE,
  presetVerdict,
  qualityVerdict,
  sideVerdict,
  type Verdict,
} from './column-verdicts.ts';
import { ROW_OPTION_ROLES, type RowOptionRole } from './row-options.ts';

export type DoubtRules = {
  /** names of the presets */
  presets: ReadonlySet<string>;
  /** The least width or height in pixels that can be meant, for a row that chooses this preset. */
  leastSide?: ((preset: string) => number) | undefined;
};

type HeaderColumns = { names: string[]; columns: Columns; mapping?: ColumnMapping | undefined };

const SIDES = ['width', 'height'] as const;

/** Watches doubtful columns while rows are read, and takes those that are not meant out of `columns`. */
export class DoubtfulColumns {
  readonly warnings: Flaw[] = [];
  readonly #names: string[];
  readonly #columns: Columns;
  readonly #rules: DoubtRules;
  readonly #doubted = new Map<RowOptionRole, number>();
  readonly #settled = new Set<RowOptionRole>();
  readonly #unmeant = new Set<RowOptionRole>();

  /** @param firstRows are looked at before any of them is read; an `odd` cell in them is not enough to drop a column */
  constructor({ names, columns, mapping }: HeaderColumns, rules: DoubtRules, firstRows: TableRow[]) {
    this.#names = names;
    this.#columns = columns;
    this.#rules = rules;
    for (const role of ROW_OPTION_ROLES) {
      const column = columns[role];
      if (column === undefined || mapping?.[role] !== undefined) continue;
      if (columnKey(names[column] ?? '') === role) this.#doubted.set(role, column);
    }
    for (const row of firstRows) this.#look(row, true);
  }

  /** Roles whose columns are not meant for images. This holds for rows that were read before it was found out, too. */
  get unmeant(): RowOptionRole[] {
    return [...this.#unmeant];
  }

  look(row: TableRow): void {
    this.#look(row, false);
  }

  #look(row: TableRow, isFirstLook: boolean): void {
    for (const [role, column] of this.#doubted) {
      const text = trimmedCell(row, column);
      if (text === '') continue;
      const verdict = this.#verdictOf(role, row, text);
      if (verdict === 'yes') this.#settled.add(role);
      else if (verdict === 'no' || (!isFirstLook && !this.#settled.has(role))) this.#drop(role, row);
    }
  }

  #verdictOf(role: RowOptionRole, row: TableRow, text: string): Verdict {
    if (role === 'preset') return presetVerdict(text, this.#rules.presets);
    if (role === 'format') return formatVerdict(text);
    if (role === 'quality') return qualityVerdict(text);
    const sides = SIDES.map((side) => Number(trimmedCell(row, this.#columns[side]))).filter(Number.isFinite);
    const preset = trimmedCell(row, this.#columns.preset);
    return sideVerdict(text, Math.max(...sides), this.#rules.leastSide?.(preset) ?? LEAST_SIDE);
  }

  /** Drops a column; width and height go together. */
  #drop(role: RowOptionRole, row: TableRow): void {
    const roles = isSide(role) ? SIDES.filter((side) => this.#doubted.has(side)) : [role];
    const names = roles.map((each) => (this.#names[this.#doubted.get(each) ?? 0] ?? '').trim());
    const column = this.#doubted.get(role) ?? 0;
    const detail = whyNotRead(role, trimmedCell(row, column).slice(0, 40), roles, names);
    this.warnings.push({ line: row.line, column: column + 1, code: 'column_not_read', detail });
    for (const each of roles) {
      this.#columns[each] = undefined;
      this.#unmeant.add(each);
      this.#doubted.delete(each);
    }
  }
}

function isSide(role: RowOptionRole): boolean {
  return role === 'width' || role === 'height';
}

/** @param names of the columns of `roles` */
function whyNotRead(role: RowOptionRole, text: string, roles: RowOptionRole[], names: string[]): string {
  const quoted = names.map((name) => `"${name}"`).join(' and ');
  const [columns, are] = roles.length > 1 ? ['columns', 'are'] : ['column', 'is'];
  const mapping = JSON.stringify(Object.fromEntries(roles.map((each, i) => [each, names[i]])));
  const clearer = roles.map((each) => `"Image ${each[0]?.toUpperCase()}${each.slice(1)}"`).join(' and ');
  return (
    `The ${columns} ${quoted} ${are} ignored, because "${text}" is unlikely to be meant for images: ${WHY[role]}. ` +
    `If it is, upload again with columns=${mapping}, or rename the ${columns} to ${clearer}.`
  );
}

const WHY_SIDE =
  'a width or height is a whole number of pixels, at least 100 and no less than those of the other renditions';

const WHY: Record<RowOptionRole, string> = {
  preset: 'no preset has such a name',
  width: WHY_SIDE,
  height: WHY_SIDE,
  quality: 'the quality of an image is a number from 11 to 100',
  format: 'no image format has this name',
};

/**
 * The least side that can be meant, by preset. A box smaller than another rendition of its preset is not meant:
 * the first rendition, to which row options apply, is the large one.
 * @param batchPreset for rows that choose none
 */
export function leastSideOf(
  presets: readonly Preset[],
  batchPreset: Preset | undefined,
): (preset: string) => number {
  const byName = new Map(presets.map((preset) => [preset.name, leastSide(preset)]));
  const ofBatch = batchPreset ? leastSide(batchPreset) : LEAST_SIDE;
  return (name) => byName.get(name) ?? ofBatch;
}

function leastSide({ renditions }: Preset): number {
  const others = renditions.slice(1).map(({ width, height }) => Math.max(width ?? 0, height ?? 0));
  return Math.max(LEAST_SIDE, ...others);
}
