import { nearest } from '../nearest.ts';
import type { ZipPart } from '../zip/zip-file.ts';
import { fileNameOf, folded } from './paths.ts';

const SEVERAL = Symbol('several');

/** Finds files of an archive by what people write in cells. */
export class FileIndex {
  readonly #folder: string;
  readonly #byPath = new Map<string, ZipPart>();
  readonly #byFolded = new Map<string, ZipPart | typeof SEVERAL>();
  readonly #byName = new Map<string, ZipPart | typeof SEVERAL>();

  /** @param folder of the table in the archive, with a slash at its end; '' for none: paths may begin there */
  constructor(files: readonly ZipPart[], folder: string) {
    this.#folder = folder;
    for (const file of files) {
      this.#byPath.set(file.name, file);
      add(this.#byFolded, folded(file.name), file);
      add(this.#byName, folded(fileNameOf(file.name)), file);
    }
  }

  /**
   * The file with a path; else the one with its file name, whatever its folder. Case and the Unicode form do not count
   * unless they distinguish files.
   * @returns 'several' if the name alone does not say which
   */
  find(text: string): ZipPart | 'several' | undefined {
    const path = text.trim().replaceAll('\\', '/');
    return this.#find(path) ?? (path.includes('%') ? this.#find(decoded(path)) : undefined);
  }

  /** The file of an encoded path, whatever other file has the encoded text as its name. */
  findEncoded(text: string): ZipPart | 'several' | undefined {
    return this.#byPath.get(decoded(text)) ?? this.find(text);
  }

  #find(path: string): ZipPart | 'several' | undefined {
    const inner = path.replace(/^(?:\.?\/)+/, '');
    const paths = [this.#folder + inner, inner];
    const exact = paths.map((each) => this.#byPath.get(each)).find((file) => file !== undefined);
    if (exact) return exact;
    const same = paths.map((each) => this.#byFolded.get(folded(each))).find((file) => file !== undefined);
    const found = same ?? this.#byName.get(folded(fileNameOf(inner)));
    return found === SEVERAL ? 'several' : found;
  }

  /** The path of the file that was probably meant. */
  nearest(text: string): string | undefined {
    const name = folded(fileNameOf(text.trim().replaceAll('\\', '/')));
    const near = [...this.#byName.keys()].filter((each) => mayBeNear(each, name)).slice(0, MAX_COMPARED);
    const found = this.#byName.get(nearest(name, near) ?? '');
    return found === undefined || found === SEVERAL ? undefined : found.name;
  }
}

function add(map: Map<string, ZipPart | typeof SEVERAL>, key: string, part: ZipPart): void {
  map.set(key, map.has(key) ? SEVERAL : part);
}

const MAX_COMPARED = 1_000; // an edit distance costs a tenth of a millisecond

/** `nearest` allows three edits: so many letters more or less, and the same beginning or end. */
function mayBeNear(a: string, b: string): boolean {
  return (
    Math.abs(a.length - b.length) <= 3 && (a[0] === b[0] || a.slice(0, -4).at(-1) === b.slice(0, -4).at(-1))
  );
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
