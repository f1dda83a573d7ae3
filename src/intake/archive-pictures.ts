import type { Archive } from '../archive/archive.ts';
import { FileIndex } from '../archive/file-index.ts';
import { folderOf } from '../archive/paths.ts';
import { isPicture } from '../archive/picture-products.ts';
import type { Flaw } from '../errors.ts';
import type { ZipPart } from '../zip/zip-file.ts';
import type { NamedPicture, TablePictures } from '../csv/table-pictures.ts';

type ArchivePicturesParts = {
  archive: Archive;
  /** undefined: there is none, and the names of the pictures say which products they are of */
  table: ZipPart | undefined;
  maxSourceBytes: number;
};

const MAX_HINTS = 50; // each compares the name with a thousand others
const LISTED = 5;

/** The pictures beside a table in an archive. Slots with a scheme or a host are addresses. */
export class ArchivePictures implements TablePictures {
  readonly #parts: ArchivePicturesParts;
  readonly #index: FileIndex;
  readonly #named = new Set<ZipPart>();
  #hints = MAX_HINTS;

  constructor(parts: ArchivePicturesParts) {
    this.#parts = parts;
    this.#index = new FileIndex(parts.archive.files, folderOf(parts.table?.name ?? ''));
  }

  find(slot: string): NamedPicture | undefined {
    if (ADDRESS.test(slot.trim())) return undefined;
    // Without a table, we wrote the slots, and encoded what would divide them.
    const found = this.#parts.table ? this.#index.find(slot) : this.#index.findEncoded(slot);
    if (found === undefined) return { code: 'file_not_found', why: this.#missing(slot) };
    if (found === 'several')
      return {
        code: 'file_not_found',
        why: `Several files in the archive are named "${shortened(slot)}": write its path.`,
      };
    this.#named.add(found);
    const { archive, maxSourceBytes } = this.#parts;
    if (found.bytes > maxSourceBytes)
      return {
        code: 'source_too_large',
        why: `The file "${found.name}" has ${megabytes(found.bytes)}; at most ${megabytes(maxSourceBytes)} are allowed (MAX_SOURCE_BYTES).`,
      };
    return { picture: { name: found.name, read: () => archive.read(found) } };
  }

  #missing(slot: string): string {
    this.#hints -= 1;
    const near = this.#hints < 0 ? undefined : this.#index.nearest(slot);
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    return `There is no file "${shortened(slot)}" in the archive.${hint}`;
  }

  warnings(): Omit<Flaw, 'line'>[] {
    const { files, leftOut } = this.#parts.archive;
    const unnamed = files.filter((file) => file !== this.#parts.table && !this.#named.has(file));
    return [
      warning('files_not_named', unnamed.filter(isPicture).map(nameOf), [
        'picture of the archive is named by no row, and is not used',
        'pictures of the archive are named by no row, and are not used',
      ]),
      warning(
        'files_left_out',
        [...leftOut, ...unnamed.filter((file) => !isPicture(file)).map(nameOf)],
        ['file of the archive is left out', 'files of the archive are left out'],
      ),
    ].flat();
  }
}

const ADDRESS = /^(?:[a-z][a-z0-9+.-]+:|\/\/|www\.)/i; // a single letter is a drive

function warning(code: string, names: string[], [one, many]: [string, string]): Omit<Flaw, 'line'>[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED ? ', …' : '';
  const what = names.length === 1 ? one : many;
  return [
    { code, detail: `${names.length} ${what}: ${names.slice(0, LISTED).map(shortened).join(', ')}${more}` },
  ];
}

function nameOf({ name }: ZipPart): string {
  return name;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e5) / 10} MB`;
}
