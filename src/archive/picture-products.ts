/** Products of an archive without a table, by the names of its pictures. */
import type { Flaw } from '../errors.ts';
import type { ArchiveFile } from './archive.ts';
import { fileNameOf } from './paths.ts';
import { isPictureName, type PictureNames, type PlacedPicture, readPictureNames } from './picture-names.ts';

export type PictureProduct = { sku: string; paths: string[] };

export function isPicture({ name }: ArchiveFile): boolean {
  return isPictureName(name);
}

/**
 * `{sku}-{n}.ext`, `{sku}_{n}.ext` and `{sku}/{n}.ext` are pictures of a product in the order of n, and `{sku}.ext` is
 * its first one. Products stand in the order of their first picture in the archive.
 */
export function productsOf(
  files: readonly ArchiveFile[],
  names: PictureNames = 'auto',
): { products: PictureProduct[]; warnings: Omit<Flaw, 'line'>[] } {
  const paths = files.filter(isPicture).map(({ name }) => name);
  const { pictures, doubtful } = readPictureNames(paths, names);
  const bySku = Map.groupBy(pictures, ({ sku }) => sku);
  const products = Array.from(bySku, ([sku, ofSku]) => ({
    sku,
    paths: ofSku
      .toSorted((a, b) => a.number - b.number || (a.path < b.path ? -1 : 1))
      .map(({ path }) => path),
  }));
  return { products, warnings: names === 'auto' ? doubts(doubtful, products) : [] };
}

const LISTED = 5;
const MANY_PICTURES = 20; // a product rarely has more, but a series of products may be numbered

/** How names were read that may mean something else. */
function doubts(asSkus: PlacedPicture[], products: PictureProduct[]): Omit<Flaw, 'line'>[] {
  const series = products.filter(({ paths }) => paths.length > MANY_PICTURES);
  const told = [
    asSkus.length > 0
      ? `the digits at the end of ${listed(asSkus.map(({ path }) => fileNameOf(path)))} are read as a part of the SKU, because no picture without digits or with the number 1 is there`
      : '',
    series.length > 0
      ? `those of ${listed(series.map(({ sku, paths }) => `${sku} (${paths.length} pictures)`))} as the numbers of pictures of one product`
      : '',
  ].filter((part) => part !== '');
  if (told.length === 0) return [];
  const detail = `Of the names of the pictures, ${told.join('; ')}. If that is wrong, send the option picture_names: sku-number or sku.`;
  return [{ code: 'picture_names_unclear', detail }];
}

function listed(names: string[]): string {
  const first = names.slice(0, LISTED).map((name) => (name.length > 60 ? `${name.slice(0, 57)}…` : name));
  const more = names.length - first.length;
  return first.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
