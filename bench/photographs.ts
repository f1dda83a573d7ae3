import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const PHOTOS = join(import.meta.dirname, '..', 'examples', 'photos');
// Suppliers deliver 1600 to 5000 px on the longer side. The largest ones here are enlarged from 3088 px.
const LONG_SIDES = [1600, 2000, 2400, 3000, 4000, 5000];

/** Writes every photograph in every size into a folder, as JPEG with quality 90. @returns the paths */
export async function makePhotographs(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(PHOTOS)).filter((name) => name.endsWith('.jpg'));
  const paths: string[] = [];
  for (const [i, name] of names.entries())
    for (const side of LONG_SIDES) {
      const path = join(folder, `${i}-${side}.jpg`);
      const picture = sharp(join(PHOTOS, name)).resize(side, side, { fit: 'inside' }).jpeg({ quality: 90 });
      await writeFile(path, await picture.toBuffer());
      paths.push(path);
    }
  return paths;
}
