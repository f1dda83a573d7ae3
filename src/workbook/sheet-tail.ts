/**
 * What follows the rows of a sheet, and is needed to read them: links, merged cells, and the drawing. It is found
 * before the rows are read, in a pass that parses nothing but the tail.
 */
import { invalidFile } from '../csv/invalid-file.ts';
import type { BesideCell } from '../csv/records.ts';
import { boundedLink, countedTo } from './limits.ts';
import type { Package, Relationship } from './package.ts';
import { type Range, rangeOf } from './references.ts';
import { type Attributes, prefixed, readXml } from './xml.ts';
import type { ZipPart } from '../zip/zip-file.ts';

export type SheetTail = {
  /** those that begin in the first rows: others name no column */
  merges: Range[];
  /** by row */
  links: Map<number, BesideCell[]>;
  /** the parts with pictures that float over the sheet */
  drawings: Set<string>;
};

const MAX_LINKS = 200_000; // Excel's limit is 65,530 for a sheet
const MAX_LINK_CHARACTERS = 64e6;
const MAX_MERGES = 10_000;
const LAST_MERGED_ROW = 100;

export async function readSheetTail(parts: Package, part: ZipPart): Promise<SheetTail> {
  const relationships = await parts.relationshipsOf(part.name);
  const tail = new TailReader(relationships);
  await readXml(part.name, afterRows(parts.readForTail(part)), {
    open: (name, attributes) => tail.open(name, attributes),
  });
  return tail.found;
}

class TailReader {
  readonly found: SheetTail = { merges: [], links: new Map(), drawings: new Set() };
  readonly #relationships: Map<string, Relationship>;
  readonly #countLink = countedTo(MAX_LINKS, 'links');
  #characters = 0;

  constructor(relationships: Map<string, Relationship>) {
    this.#relationships = relationships;
  }

  open(name: string, attributes: Attributes): void {
    const range = rangeOf(attributes['ref'] ?? '');
    const target = this.#relationships.get(prefixed(attributes, 'id') ?? '');
    if (name === 'mergeCell' && range) this.#addMerge(range);
    if (name === 'hyperlink' && range && target?.isExternal)
      this.#addLink(range, target.target, attributes['location']);
    if (name === 'drawing' && target && !target.isExternal) this.found.drawings.add(target.target);
  }

  #addMerge(range: Range): void {
    if (range.top <= LAST_MERGED_ROW && this.found.merges.length < MAX_MERGES) this.found.merges.push(range);
  }

  #addLink({ top, bottom, left, right }: Range, target: string, location: string | undefined): void {
    if (!/^https?:/i.test(target)) return;
    const link = boundedLink(location === undefined ? target : `${target}#${location}`);
    this.#characters += link.length;
    if (this.#characters > MAX_LINK_CHARACTERS)
      throw invalidFile('file_too_complex', 'The links of the sheet have more than 64 million characters.');
    for (let row = top; row <= bottom; row += 1)
      for (let column = left; column <= right; column += 1) {
        this.#countLink();
        const ofRow = this.found.links.get(row);
        if (ofRow) ofRow.push({ column, link });
        else this.found.links.set(row, [{ column, link }]);
      }
  }
}

const NAME = 'sheetData';
const END = /<\/((?:[\w.-]{1,20}:)?)sheetData\s{0,8}>|<((?:[\w.-]{1,20}:)?)sheetData\s{0,8}\/>/y;
const AROUND = 64; // bytes around the name in which its tag is

/** A document of what follows the rows: they are searched for their end only. It is empty if they have none. */
async function* afterRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [before, isAfter] = [Buffer.alloc(0), false];
  for await (const chunk of chunks) {
    if (isAfter) {
      yield chunk;
      continue;
    }
    const bytes = Buffer.concat([before, chunk]);
    const end = endOfRows(bytes);
    isAfter = end !== undefined;
    if (end) yield Buffer.concat([Buffer.from(`<${end.prefix}worksheet>`), bytes.subarray(end.at)]);
    before = Buffer.from(bytes.subarray(-2 * AROUND));
  }
  if (!isAfter) yield Buffer.from('<worksheet/>');
}

/** A tag that is cut by the end of the bytes is found with the next ones. */
function endOfRows(bytes: Buffer): { at: number; prefix: string } | undefined {
  for (let at = bytes.indexOf(NAME); at >= 0; at = bytes.indexOf(NAME, at + 1)) {
    const text = bytes.toString('latin1', Math.max(0, at - AROUND), at + AROUND);
    END.lastIndex = text.lastIndexOf('<', Math.min(at, AROUND));
    const found = END.lastIndex < 0 ? null : END.exec(text);
    if (found) return { at: Math.max(0, at - AROUND) + END.lastIndex, prefix: found[1] ?? found[2] ?? '' };
  }
  return undefined;
}
