import { posix } from 'node:path';
import { invalidFile } from '../csv/invalid-file.ts';
import { InflateBudget } from '../zip/inflate-budget.ts';
import type { ZipFile, ZipPart } from '../zip/zip-file.ts';
import { countedTo } from './limits.ts';
import { readXml, type XmlHandler } from './xml.ts';

const MAX_PARTS = 10_000;
const MAX_RELATIONSHIPS = 250_000; // of one part: a sheet has one for each of its links
const MAX_XML_BYTES = 2 ** 30;
const MAX_PICTURE_BYTES = 4 * 2 ** 30;
const MAX_SMALL_PART_BYTES = 64 * 2 ** 20; // whatever is neither a sheet nor the shared strings is kept in memory

/** Where a relationship of a part leads: to another part, or out of the workbook. */
export type Relationship = { type: string; target: string; isExternal: boolean };

/** Whether a ZIP is a workbook in Office Open XML, of any kind. */
export function isWorkbook({ parts }: ZipFile): boolean {
  return parts.has('[Content_Types].xml') && parts.has('_rels/.rels');
}

/** The parts of a workbook and their relationships (ECMA-376, part 2), with limits on what is unpacked. */
export class Package {
  readonly #zip: ZipFile;
  readonly #budget: InflateBudget;
  readonly #tailBudget: InflateBudget;
  readonly #pictureBudget = new InflateBudget(MAX_PICTURE_BYTES);
  readonly #byLowerName: Map<string, ZipPart>;

  /** @throws Problem `csv_invalid`: `file_too_complex`, `zip_special_file`, `file_encrypted` */
  constructor(zip: ZipFile, maxXmlBytes = MAX_XML_BYTES) {
    this.#zip = zip;
    this.#budget = new InflateBudget(maxXmlBytes);
    this.#tailBudget = new InflateBudget(maxXmlBytes);
    const parts = [...zip.parts.values()].filter(({ isFolder }) => !isFolder);
    if (parts.length > MAX_PARTS)
      throw invalidFile('file_too_complex', `The workbook has more than ${MAX_PARTS} parts.`);
    const special = parts.find(({ isSpecial }) => isSpecial);
    if (special)
      throw invalidFile(
        'zip_special_file',
        `"${special.name.slice(0, 100)}" in the file is a link, which no workbook has.`,
      );
    this.#byLowerName = new Map(parts.map((part) => [part.name.toLowerCase(), part]));
  }

  /** A part by its name, in any case. */
  find(name: string): ZipPart | undefined {
    return this.#byLowerName.get(name.toLowerCase());
  }

  /** The content of a part; it counts against what the workbook may unpack to. */
  read(part: ZipPart): AsyncGenerator<Buffer> {
    return this.#zip.read(part, this.#budget);
  }

  /** The content of the sheet in the pass that looks for what follows its rows: they are not counted twice. */
  readForTail(sheet: ZipPart): AsyncGenerator<Buffer> {
    return this.#zip.read(sheet, this.#tailBudget);
  }

  /** The content of a picture, for which there is a limit of its own: pictures are hardly compressed. */
  readPicture(part: ZipPart): AsyncGenerator<Buffer> {
    return this.#zip.read(part, this.#pictureBudget);
  }

  /** Parses a part that is small in real workbooks. Nothing happens if there is none of this name. */
  async parse(name: string | undefined, handler: XmlHandler): Promise<void> {
    const part = name === undefined ? undefined : this.find(name);
    if (!part) return;
    if (part.bytes > MAX_SMALL_PART_BYTES)
      throw invalidFile('file_too_complex', `"${part.name}" in the file has more than 64 MiB.`);
    await readXml(part.name, this.read(part), handler);
  }

  /** The relationships of a part by their ids; '': of the whole workbook. */
  async relationshipsOf(part: string): Promise<Map<string, Relationship>> {
    const { dir, base } = posix.parse(part);
    const found = new Map<string, Relationship>();
    const count = countedTo(MAX_RELATIONSHIPS, `relationships of "${base}"`);
    await this.parse(posix.join(dir, '_rels', `${base}.rels`), {
      open: (name, { Id, Type = '', Target = '', TargetMode }) => {
        if (name !== 'Relationship' || Id === undefined) return;
        count();
        const isExternal = TargetMode === 'External';
        const target = isExternal
          ? Target
          : posix.join('/', Target.startsWith('/') ? '' : dir, Target).slice(1);
        found.set(Id, { type: Type.slice(Type.lastIndexOf('/') + 1), target, isExternal });
      },
    });
    return found;
  }
}

/** The target of the first relationship of a type, by the last word of its address, in any case. */
export function targetOf(relationships: Map<string, Relationship>, type: string): string | undefined {
  const wanted = type.toLowerCase();
  return relationships.values().find((each) => each.type.toLowerCase() === wanted && !each.isExternal)
    ?.target;
}
