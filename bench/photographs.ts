import { link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { type Folder, newFolder } from '../test/support/folder.ts';

const PHOTOS = join(import.meta.dirname, '..', 'examples', 'photos');
// Suppliers deliver 1600 to 5000 px on the longer side. The largest ones here are enlarged from 3088 px.
const LONG_SIDES = [1600, 2000, 2400, 3000, 4000, 5000];

type Made = { folder: Folder; paths: string[] };

let made: Promise<Made> | undefined; // once for all benchmarks of a run: it takes 10 s

/** Puts every photograph in every size into a folder, as JPEG with quality 90. @returns the paths */
export async function makePhotographs(folder: string): Promise<string[]> {
  made ??= make();
  await mkdir(folder, { recursive: true });
  const { paths } = await made;
  return Promise.all(
    paths.map(async (path) => {
      const linked = join(folder, basename(path));
      await link(path, linked);
      return linked;
    }),
  );
}

const CATALOGUE = /-(1600|2400|5000)\.jpg$/;

/** Those of the sizes that imgproxy was measured with (docs/speed.md). */
export function ofCatalogue(paths: string[]): string[] {
  return paths.filter((path) => CATALOGUE.test(path));
}

/** Removes those that all folders share, at the end of a run. */
export async function removePhotographs(): Promise<void> {
  await (await made)?.folder[Symbol.asyncDispose]();
}

/** The photographs as they are. @returns the paths */
export async function originals(): Promise<string[]> {
  const names = (await readdir(PHOTOS)).filter((name) => name.endsWith('.jpg'));
  return names.map((name) => join(PHOTOS, name));
}

async function make(): Promise<Made> {
  const folder = await newFolder();
  const paths: string[] = [];
  for (const [i, photo] of (await originals()).entries())
    for (const side of LONG_SIDES) {
      const path = join(folder.path, `${i}-${side}.jpg`);
      const picture = sharp(photo).resize(side, side, { fit: 'inside' }).jpeg({ quality: 90 });
      await writeFile(path, await picture.toBuffer());
      paths.push(path);
    }
  return { folder, paths };
}
