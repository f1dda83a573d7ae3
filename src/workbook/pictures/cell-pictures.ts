import type { BesideCell, TableRow } from '../../csv/records.ts';
import type { NamedPicture, TablePictures } from '../../csv/table-pictures.ts';
import type { Flaw } from '../../errors.ts';
import type { Package } from '../package.ts';

const LISTED = 5;

/** The pictures in the cells of a sheet. Its rows name them by their parts. */
export class CellPictures implements TablePictures {
  readonly #parts: Package;
  readonly #maxSourceBytes: number;
  /** the parts by what cells name them, and these names by the parts */
  readonly #held = new Map<string, string>();
  readonly #names = new Map<string, string>();
  #number = 1;
  readonly #used = new Set<string>();

  constructor(parts: Package, maxSourceBytes = Infinity) {
    this.#parts = parts;
    this.#maxSourceBytes = maxSourceBytes;
  }

  /** Notes the pictures of cells; `part` becomes a text that is one slot. */
  hold(cells: BesideCell[]): BesideCell[] {
    return cells.map((cell) => ('part' in cell ? { ...cell, part: this.#nameOf(cell.part) } : cell));
  }

  /** The same of the cells of rows. */
  async *holdAll(rows: AsyncGenerator<TableRow>): AsyncGenerator<TableRow> {
    for await (const row of rows) yield row.beside ? { ...row, beside: this.hold(row.beside) } : row;
  }

  #nameOf(part: string): string {
    const known = this.#names.get(part);
    if (known !== undefined) return known;
    const plain = part.replaceAll(/[^\w./-]/g, '_'); // what else may stand in a name may divide a cell into slots
    let name = plain;
    while (this.#held.has(name)) {
      this.#number += 1; // of all names: starting at 1 each time would be quadratic for equal ones
      name = plain.replace(/(?:\.\w+)?$/, `-${this.#number}$&`);
    }
    this.#held.set(name, part);
    this.#names.set(part, name);
    return name;
  }

  find(slot: string): NamedPicture | undefined {
    const name = this.#held.get(slot.trim());
    if (name === undefined) return undefined;
    this.#used.add(slot.trim());
    const part = this.#parts.find(name);
    if (!part)
      return { code: 'file_not_found', why: `The picture "${name}" of the cell is not in the workbook.` };
    if (part.bytes > this.#maxSourceBytes)
      return {
        code: 'source_too_large',
        why: `The picture of the cell has ${part.bytes} bytes; at most ${this.#maxSourceBytes} are allowed (MAX_SOURCE_BYTES).`,
      };
    return { picture: { name: part.name, read: () => this.#parts.readPicture(part) } };
  }

  warnings(): Omit<Flaw, 'line'>[] {
    const unused = [...this.#held.keys()].filter((name) => !this.#used.has(name));
    if (unused.length === 0) return [];
    const what =
      unused.length === 1
        ? 'picture of the sheet is in no image cell of a product, and is not used'
        : 'pictures of the sheet are in no image cell of a product, and are not used';
    const listed = unused.slice(0, LISTED).join(', ') + (unused.length > LISTED ? ', …' : '');
    return [{ code: 'pictures_not_read', detail: `${unused.length} ${what}: ${listed}` }];
  }
}
