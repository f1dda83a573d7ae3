import { type Signal, signal } from '@preact/signals';
import type { Column, Preview } from '../../api/types.ts';

type Choices = ReadonlyMap<number, string | null>;

/** Which column holds what: as the server found it, and as somebody chose. */
export class Mapping {
  /** the role of each column that somebody has chosen, by its index */
  readonly #chosen = signal<Choices>(new Map());
  readonly #preview: Signal<Preview | undefined>;
  readonly #firstHow = new Map<number, Column['how']>();
  /** whether the columns that are known are those of another sheet */
  #isOfAnother = false;

  constructor(preview: Signal<Preview | undefined>) {
    this.#preview = preview;
  }

  /** Gives a column a role; one that may be held by one column only is taken from the other. */
  choose(index: number, role: string | null): void {
    const next = new Map(this.#chosen.peek());
    const preview = this.#preview.peek();
    const isShared = preview?.roles.find((one) => one.role === role)?.several ?? false;
    if (role !== null && !isShared)
      for (const column of preview?.column_list ?? [])
        if (this.roleOf(column) === role) next.set(column.index, null);
    next.set(index, role);
    this.#chosen.value = next;
  }

  /** Forgets what was chosen, since another sheet has other columns. */
  forget(): void {
    this.#chosen.value = new Map();
    this.#firstHow.clear();
    this.#isOfAnother = true;
  }

  roleOf({ index, role }: Pick<Column, 'index' | 'role'>): string | null {
    const chosen = this.#chosen.value;
    return chosen.has(index) ? (chosen.get(index) ?? null) : role;
  }

  /** How a role was found. Roles that are sent along with a chosen one were not chosen themselves. */
  howOf({ index, how }: Column): Column['how'] {
    if (this.#chosen.value.has(index)) return 'chosen';
    return this.#firstHow.get(index) ?? how;
  }

  /** Whether any column holds images: without one, the server reads no rows. */
  hasImages({ column_list: list }: Preview): boolean {
    return list.some((column) => this.roleOf(column) === 'images');
  }

  /** Whether somebody has taken the role from the last column of images: the server would look for them by name again. */
  isWithoutImages(): boolean {
    const preview = this.#preview.peek();
    return preview !== undefined && this.#chosen.peek().size > 0 && !this.hasImages(preview);
  }

  /** Takes an answer for what counts. @returns whether the server reads a column otherwise than it was chosen */
  learn({ column_list: list, columns }: Preview): boolean {
    this.#isOfAnother = false;
    const chosen = this.#chosen.peek();
    if (chosen.size === 0) for (const { index, how } of list) this.#firstHow.set(index, how);
    if (Object.keys(columns).length === 0) return false; // it has not read by any roles
    const kept = [...chosen].filter(([index, role]) => list[index]?.role === role);
    if (kept.length === chosen.size) return false;
    this.#chosen.value = new Map(kept);
    return true;
  }

  /** Roles by the names of their columns, as the option `columns` wants them; undefined where nothing was chosen. */
  columns(): string | undefined {
    const { column_list: list = [], roles = [] } = this.#preview.peek() ?? {};
    const isChosen = this.#chosen.peek().size > 0 || list.some(({ how }) => how === 'guessed');
    if (!isChosen || this.#isOfAnother) return undefined;
    const mapping: Record<string, string | string[] | null> = {};
    for (const { role, several } of roles) {
      const held = list.filter((column) => this.roleOf(column) === role).map(({ header }) => header);
      const names = held.filter((name) => name !== '');
      const [first] = names;
      if (first !== undefined) mapping[role] = several ? names : first;
      else if (!several) mapping[role] = null; // left out, it would be looked for by name
    }
    return JSON.stringify(mapping);
  }
}
