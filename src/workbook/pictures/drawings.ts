import type { BesideCell } from '../../csv/records.ts';
import { boundedLink, countedTo, MAX_PICTURES } from '../limits.ts';
import type { Package, Relationship } from '../package.ts';
import { prefixed, type XmlHandler } from '../xml.ts';

/**
 * The pictures that float over a sheet, by the row of the cell in which their upper left corner is (ECMA-376, part 1,
 * 20.5). A picture that is linked, and not in the workbook, is a link of its cell.
 */
export async function floatingPictures(
  parts: Package,
  drawings: Set<string>,
): Promise<Map<number, BesideCell[]>> {
  const found = new Map<number, BesideCell[]>();
  const count = countedTo(MAX_PICTURES, 'pictures that float over a sheet');
  for (const drawing of drawings) {
    const relationships = await parts.relationshipsOf(drawing);
    const add = (row: number, cell: BesideCell): void => {
      count();
      const ofRow = found.get(row);
      if (ofRow) ofRow.push(cell);
      else found.set(row, [cell]);
    };
    await parts.parse(drawing, new AnchorReader(relationships, add));
  }
  return found;
}

/** Reads the anchors of a drawing: each says from which cell it is, and then what it holds. */
class AnchorReader implements XmlHandler {
  readonly #relationships: Map<string, Relationship>;
  readonly #add: (row: number, cell: BesideCell) => void;
  #isFrom = false;
  #in = '';
  #row: number | undefined;
  #column: number | undefined;
  readonly #seen = new Set<string>(); // in this anchor: a picture may have a fallback of itself

  constructor(relationships: Map<string, Relationship>, add: (row: number, cell: BesideCell) => void) {
    this.#relationships = relationships;
    this.#add = add;
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'twoCellAnchor' || name === 'oneCellAnchor' || name === 'absoluteAnchor') this.#begin();
    if (name === 'from') this.#isFrom = true;
    this.#in = name;
    if (name === 'blip') this.#addPicture(prefixed(attributes, 'embed') ?? prefixed(attributes, 'link'));
  }

  text(text: string): void {
    if (!this.#isFrom || (this.#in !== 'row' && this.#in !== 'col')) return;
    const number = Number.parseInt(text, 10);
    if (this.#in === 'row') this.#row = number + 1;
    else this.#column = number;
  }

  close(name: string): void {
    if (name === 'from') this.#isFrom = false;
    this.#in = '';
  }

  #begin(): void {
    this.#row = undefined;
    this.#column = undefined;
    this.#seen.clear();
  }

  #addPicture(id: string | undefined): void {
    const target = id === undefined ? undefined : this.#relationships.get(id);
    const [row, column] = [this.#row, this.#column];
    if (!target || !row || column === undefined || column < 0 || this.#seen.has(target.target)) return;
    this.#seen.add(target.target);
    this.#add(
      row,
      target.isExternal ? { column, link: boundedLink(target.target) } : { column, part: target.target },
    );
  }
}
