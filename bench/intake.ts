import { open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type EmbeddedServer, holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { smallPicture } from '../test/support/pictures.ts';
import { type Beside, besideLargeBatch } from './intake-beside.ts';
import { copyAlone } from './intake-copy.ts';
import { uploadAlone } from './intake-upload.ts';
import type { Lengths } from './lengths.ts';
import { median, settingsOf, startOrigin } from './rig.ts';

/**
 * Field names end with their units: seconds, milliseconds, megabytes; `cpu_s` is CPU time. Medians of pairs, and ratios
 * to the COPY in the same pair.
 */
type Intake = {
  rows: number;
  file_mb: number;
  pairs: number;
  copy_s: number;
  copy_cpu_s: number;
  from_first_byte_s: number;
  from_last_byte_s: number;
  server_cpu_s: number;
  postgres_cpu_s: number;
  ratio_from_first_byte: number;
  ratio_min: number;
  ratio_max: number;
  ratio_from_last_byte: number;
  /** CPU of the server and of PostgreSQL, to that of PostgreSQL with COPY alone */
  cpu_ratio: number;
  server_peak_rss_mb: number;
} & Beside;

type Pair = {
  copy: Awaited<ReturnType<typeof copyAlone>>;
  upload: Awaited<ReturnType<typeof uploadAlone>>;
};

const MAX_PAIRS = 3; // each takes a minute

/** Compares the upload of a large file with a COPY of the same rows, and measures other requests meanwhile. */
export async function intake({ rows, pairs: wanted, requests }: Lengths): Promise<Intake> {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  const picture = join(folder.path, 'picture.jpg');
  await writeFile(picture, await smallPicture(1));
  const origin = await startOrigin([picture]);
  stack.defer(() => origin.child.disconnect());
  const file = join(folder.path, 'million.csv');
  await writeCatalogue(file, rows, origin.url);
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());
  const pairs: Pair[] = [];
  while (pairs.length < Math.min(wanted, MAX_PAIRS))
    pairs.push(await pairOf(server, { file, folder: folder.path, isEven: pairs.length % 2 === 1 }));
  const settings = settingsOf(folder.path, await server.freshDatabase('bench'));
  return {
    rows,
    file_mb: (await stat(file)).size / 1e6,
    ...summaryOf(pairs),
    ...(await besideLargeBatch(file, { settings, origin: origin.url, requests })),
  };
}

async function writeCatalogue(path: string, rows: number, origin: string): Promise<void> {
  await using file = await open(path, 'wx');
  function* lines(): Generator<string> {
    yield 'S. No.,SKU,Product Name,Input Image Urls\r\n';
    for (let i = 1; i <= rows; i += 1)
      yield `${i},ART-${i},"Product number ${i}, blue",${origin}/${i}/catalogue/front-view.jpg\r\n`;
  }
  await pipeline(Readable.from(lines()), file.createWriteStream());
}

/** Each on a new database. Every other pair begins with the upload. */
async function pairOf(
  server: EmbeddedServer,
  { file, folder, isEven }: { file: string; folder: string; isEven: boolean },
): Promise<Pair> {
  const uploaded = async () =>
    uploadAlone(file, settingsOf(folder, await server.freshDatabase('bench_upload')));
  const first = isEven ? await uploaded() : undefined;
  const copy = await copyAlone(file, folder, await server.freshDatabase('bench_copy'));
  const upload = first ?? (await uploaded());
  for (const name of ['bench_upload', 'bench_copy']) await server.dropDatabase(name);
  process.stderr.write(
    `COPY ${copy.wall.toFixed(1)} s (CPU ${copy.cpu.toFixed(1)}); upload ${upload.fromFirstByte.toFixed(1)} s ` +
      `(CPU of the server ${upload.serverCpu.toFixed(1)}, of PostgreSQL ${upload.postgresCpu.toFixed(1)})\n`,
  );
  return { copy, upload };
}

function summaryOf(pairs: Pair[]) {
  const of = (pick: (pair: Pair) => number): number => median(pairs.map(pick));
  const ratios = pairs.map(({ copy, upload }) => upload.fromFirstByte / copy.wall);
  return {
    pairs: pairs.length,
    copy_s: of(({ copy }) => copy.wall),
    copy_cpu_s: of(({ copy }) => copy.cpu),
    from_first_byte_s: of(({ upload }) => upload.fromFirstByte),
    from_last_byte_s: of(({ upload }) => upload.fromLastByte),
    server_cpu_s: of(({ upload }) => upload.serverCpu),
    postgres_cpu_s: of(({ upload }) => upload.postgresCpu),
    ratio_from_first_byte: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    ratio_from_last_byte: of(({ copy, upload }) => upload.fromLastByte / copy.wall),
    cpu_ratio: of(({ copy, upload }) => (upload.serverCpu + upload.postgresCpu) / copy.cpu),
    server_peak_rss_mb: Math.max(...pairs.map(({ upload }) => upload.peakRssMb)),
  };
}
