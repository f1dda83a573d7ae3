import { columnKey } from '../../csv/header/columns.ts';

/** What tells whether products are variants of one. `parent`: what variants have in common; undefined: not said. */
export type ProductName = { name: string; parent: string | undefined };

/** Columns with the same value in all variants of a product; with `isParent`, it is empty in the product itself. */
export type ParentColumn = { column: number; isParent: boolean };

const SAME_IN_VARIANTS = new Set([
  ...['handle', 'urlhandle', 'itemgroupid', 'gitemgroupid', 'groupid', 'productgroup', 'productgroupid'],
  ...['variantgroup', 'variantgroupid', 'masterid', 'mastersku', 'styleid', 'stylenumber'],
]);
const PARENT = new Set(['parent', 'parentsku', 'parentid', 'parentproductid', 'parentitemsku', 'parentasin']);

export function parentColumn(header: readonly string[]): ParentColumn | undefined {
  const keys = header.map(columnKey);
  const column = keys.findIndex((key) => SAME_IN_VARIANTS.has(key));
  if (column >= 0) return { column, isParent: false };
  const parent = keys.findIndex((key) => PARENT.has(key));
  return parent < 0 ? undefined : { column: parent, isParent: true };
}

const FEW = 5;
const LEAST_IN_COMMON = 2; // words
const MOST_DIFFERENT = 2;
const MOST_BY_NAME = 50; // of more, no name says that they are variants

/** The products that share a picture, one after the other. It keeps little of each: there may be a million. */
export class SharingProducts {
  #count = 0;
  #parent: string | undefined;
  #words: string[] = [];
  /** of the words at the beginning that all names have; and the most words of a name */
  #inCommon = 0;
  #longest = 0;
  readonly #names = new Set<string>();

  add({ name, parent }: ProductName): void {
    const words = wordsOf(name);
    if (this.#count === 0) {
      this.#parent = parent;
      this.#words = words;
      this.#inCommon = words.length;
    }
    if (parent !== this.#parent) this.#parent = undefined;
    const differs = this.#words.findIndex((word, i) => word !== words[i]);
    if (differs >= 0) this.#inCommon = Math.min(this.#inCommon, differs);
    this.#longest = Math.max(this.#longest, words.length);
    if (this.#names.size < FEW) this.#names.add(words.join(' '));
    this.#count += 1;
  }

  /** They have a parent in common, or names that differ in the last words. */
  get areVariants(): boolean {
    return this.haveParent || this.#haveNames;
  }

  get haveParent(): boolean {
    return this.#parent !== undefined;
  }

  /** At least five of them have different names. */
  get areDifferent(): boolean {
    return !this.haveParent && this.#names.size >= FEW;
  }

  get #haveNames(): boolean {
    if (this.#longest === 0 || this.#count > MOST_BY_NAME) return false;
    const areEqual = this.#inCommon === this.#longest;
    return (
      areEqual || (this.#inCommon >= LEAST_IN_COMMON && this.#longest - this.#inCommon <= MOST_DIFFERENT)
    );
  }
}

function wordsOf(name: string): string[] {
  return name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
