import { join } from 'node:path';
import sharp from 'sharp';
import { allowLoadersOnly } from '../src/pipeline/decoder/libraries.ts';
import { makeRenditions } from '../src/pipeline/decoder/make.ts';
import { withDefaults } from '../src/presets/spec.ts';
import { newFolder } from '../test/support/folder.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { median, planOf } from './rig.ts';

type OneDecode = { gain_of_one_decode: number; gain_min: number; gain_max: number; rounds: number };

const SIDES = [1200, 600, 200];

/**
 * Compares the CPU time of three JPEG renditions made by the engine (one decode, the difference hash, fsync)
 * with that of three plain sharp calls. A round is all photographs.
 */
export async function oneDecode({ rounds }: Lengths): Promise<OneDecode> {
  allowLoadersOnly(); // it also sets one thread and no cache
  await using folder = await newFolder();
  const photographs = await makePhotographs(join(folder.path, 'photographs'));
  const specs = SIDES.map((side) => withDefaults({ name: `r${side}`, width: side, height: side }));
  const plans = await Promise.all(photographs.map((path) => planOf(path, specs)));
  const together = async (): Promise<void> => {
    for (const plan of plans) await makeRenditions(plan);
  };
  const apart = async (): Promise<void> => {
    for (const path of photographs)
      for (const side of SIDES)
        await sharp(path)
          .autoOrient()
          .resize(side, side, { fit: 'inside', withoutEnlargement: true })
          .jpeg({ quality: 80 })
          .toFile(`${path}.${side}.jpg`);
  };
  await together(); // warms up
  const gains: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const gain = (await cpuOf(apart)) / (await cpuOf(together));
    gains.push(gain);
    process.stderr.write(`round ${round}: a decode per rendition takes ${gain.toFixed(2)} times the CPU\n`);
  }
  const [gain_min, gain_max] = [Math.min(...gains), Math.max(...gains)];
  return { gain_of_one_decode: median(gains), gain_min, gain_max, rounds };
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
