import { join } from 'node:path';
import { openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { QUALITY, SIDE } from './rendition.ts';
import { median, settingsOf, startOrigin, sum, PRESET } from './rig.ts';
import { alone } from './sharp-alone.ts';
import { measureWorker, type WorkerRun } from './worker-run.ts';

export type EndToEnd = {
  images_per_second: number;
  ceiling_images_per_second: number;
  ratio_to_ceiling: number;
  ratio_min: number;
  ratio_max: number;
  success_rate: number;
  peak_parent_rss_mb: number;
  origin_cpu_share: number;
  pairs: number;
  seconds_each: number;
};

/**
 * Compares Minilab end to end (loopback origin, PostgreSQL, disk storage with fsync) with sharp alone on
 * local files, in alternating pairs. Results are the medians of both rates and of their ratio.
 */
export async function endToEnd({ pairs, seconds }: Lengths): Promise<EndToEnd> {
  await using folder = await newFolder();
  const photographs = await makePhotographs(join(folder.path, 'photographs'));
  const origin = await startOrigin(photographs);
  const server = await holdEmbeddedServer(folder.path, 'bench');
  const settings = settingsOf(folder.path, await server.database('bench'));
  const database = openDatabase(settings.DATABASE_URL, 2);
  const rounds: Round[] = [];
  try {
    for (let pair = 1; pair <= pairs; pair += 1) {
      const { rate: ceiling } = await alone({
        ...{ seconds, folder: folder.path, sources: photographs },
        makes: [{ side: SIDE, quality: QUALITY }],
      });
      const ours = await measureWorker(database.db, settings, {
        origin,
        seconds,
        marker: `pair=${pair}`,
        preset: PRESET,
      });
      rounds.push({ ...ours, ceiling });
      process.stderr.write(
        `pair ${pair}: ${ours.ours.toFixed(1)} of ${ceiling.toFixed(1)} images/s, ratio ${(ours.ours / ceiling).toFixed(3)}; ` +
          `cores: ${Object.entries({ ...ours.cores, origin: ours.originCpu })
            .map(([name, cores]) => `${name} ${cores.toFixed(2)}`)
            .join(', ')}; ` +
          `parent at most ${ours.rssMb.toFixed(0)} MB\n`,
      );
    }
  } finally {
    await database.db.destroy();
    await server.close();
    origin.child.disconnect();
  }
  const ratios = rounds.map(({ ours, ceiling }) => ours / ceiling);
  const failed = sum(rounds.map((round) => round.failed));
  const ended = sum(rounds.map((round) => round.ended));
  return {
    images_per_second: median(rounds.map(({ ours }) => ours)),
    ceiling_images_per_second: median(rounds.map(({ ceiling }) => ceiling)),
    ratio_to_ceiling: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    success_rate: ended === 0 ? 0 : (ended - failed) / ended,
    peak_parent_rss_mb: Math.max(...rounds.map(({ rssMb }) => rssMb)),
    origin_cpu_share: median(rounds.map(({ originCpu }) => originCpu)),
    pairs,
    seconds_each: seconds,
  };
}

type Round = WorkerRun & { ceiling: number };
