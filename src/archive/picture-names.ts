/** What the names of pictures say of their products, where an archive has no table. */
import { fileNameOf, folderOf } from './paths.ts';

/**
 * - `auto`: digits at the end are the number of the picture, unless the archive shows that they belong to the SKU
 * - `sku-number`: they always are
 * - `sku`: a whole name is a SKU
 */
export const PICTURE_NAMES = ['auto', 'sku-number', 'sku'] as const;
export type PictureNames = (typeof PICTURE_NAMES)[number];

/** `number`: its place among the pictures of its product; -1: before all that have a number. */
export type PlacedPicture = { path: string; sku: string; number: number };

export type ReadNames = {
  pictures: PlacedPicture[];
  /** of which the digits at their end were taken for a part of the SKU only because no other picture shows what they are */
  doubtful: PlacedPicture[];
};

const PICTURE = /\.(?:jpe?g|jfif|png|webp|gif|tiff?|avif|heic|heif|bmp|jxl|jp2|svg|psd)$/i;
const NUMBERED = /^(?<sku>.+?)[-_](?<number>\d{1,2})$/;
const NUMBER = /^\d{1,3}$/;

/** By its name; formats that cannot be read are told picture by picture. */
export function isPictureName(name: string): boolean {
  return PICTURE.test(name);
}

export function readPictureNames(paths: readonly string[], names: PictureNames): ReadNames {
  const read = paths.map((path) => readName(path));
  if (names !== 'auto')
    return {
      pictures: read.map((each) => placed(each, names === 'sku' ? 'whole' : 'numbered')),
      doubtful: [],
    };
  const groups = new Groups(read);
  const says = read.map((each) => groups.saysOf(each));
  const pictures = read.map((each, i) => placed(each, says[i] === 'numbered' ? 'numbered' : 'whole'));
  return { pictures, doubtful: pictures.filter((_, i) => says[i] === 'unclear') };
}

/** `sku` and `number`: if digits at its end are the number of the picture. */
type Name = { path: string; whole: string; sku: string; number: number | undefined; isInFolder: boolean };

function readName(path: string): Name {
  const whole = fileNameOf(path).replace(PICTURE, '');
  const folder = fileNameOf(folderOf(path).slice(0, -1));
  if (folder !== '' && NUMBER.test(whole))
    return { path, whole, sku: folder, number: Number(whole), isInFolder: true };
  const { sku, number } = NUMBERED.exec(whole)?.groups ?? {};
  const digits = number === undefined ? undefined : Number(number);
  return { path, whole, sku: sku ?? whole, number: digits, isInFolder: false };
}

function placed({ path, whole, sku, number }: Name, as: 'numbered' | 'whole'): PlacedPicture {
  return as === 'whole' || number === undefined ? { path, sku: whole, number: -1 } : { path, sku, number };
}

/** What the names of an archive together say of each. */
class Groups {
  /** the smallest number behind each beginning; -1: the beginning is a name itself */
  readonly #first = new Map<string, number>();
  /** beginnings with a number behind them */
  readonly #begun = new Set<string>();

  constructor(names: readonly Name[]) {
    for (const { whole, sku, number, isInFolder } of names) {
      if (isInFolder) continue;
      this.#first.set(whole, -1);
      if (number === undefined) continue;
      this.#begun.add(sku);
      this.#first.set(sku, Math.min(number, this.#first.get(sku) ?? number));
    }
  }

  /**
   * `A-12` is the SKU of `A-12-1`. It is a picture of A where `A` or `A-1` (or `A-0`) is there too; else nothing says
   * that there is a product A.
   */
  saysOf({ whole, sku, number, isInFolder }: Name): 'numbered' | 'whole' | 'unclear' {
    if (isInFolder || number === undefined) return 'numbered';
    if (this.#begun.has(whole)) return 'whole';
    return (this.#first.get(sku) ?? 0) <= 1 ? 'numbered' : 'unclear';
  }
}
