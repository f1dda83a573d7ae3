/** Products of an archive without a table, by the names of its pictures. */
import type { ArchiveFile } from './archive.ts';
import { fileNameOf, folderOf } from './paths.ts';

export type PictureProduct = { sku: string; paths: string[] };

const PICTURE = /\.(?:jpe?g|jfif|png|webp|gif|tiff?|avif|heic|heif|bmp|jxl|jp2|svg|psd)$/i;
const NUMBERED = /^(?<sku>.+?)[-_](?<number>\d{1,2})$/;
const NUMBER = /^\d{1,3}$/;

/** By its name; formats that cannot be read are told picture by picture. */
export function isPicture({ name }: ArchiveFile): boolean {
  return PICTURE.test(name);
}

/**
 * `{sku}-{n}.ext`, `{sku}_{n}.ext` and `{sku}/{n}.ext` are pictures of a product in the order of n, and `{sku}.ext` is
 * its first one. Products stand in the order of their first picture in the archive.
 */
export function productsOf(files: readonly ArchiveFile[]): PictureProduct[] {
  const placed = files.filter(isPicture).map(({ name }) => placeOf(name));
  const bySku = Map.groupBy(placed, ({ sku }) => sku);
  return Array.from(bySku, ([sku, pictures]) => ({
    sku,
    paths: pictures
      .toSorted((a, b) => a.number - b.number || (a.path < b.path ? -1 : 1))
      .map(({ path }) => path),
  }));
}

function placeOf(path: string): { path: string; sku: string; number: number } {
  const name = fileNameOf(path).replace(PICTURE, '');
  const folder = fileNameOf(folderOf(path).slice(0, -1));
  if (folder !== '' && NUMBER.test(name)) return { path, sku: folder, number: Number(name) };
  const { sku, number } = NUMBERED.exec(name)?.groups ?? {};
  return sku === undefined ? { path, sku: name, number: -1 } : { path, sku, number: Number(number) };
}
