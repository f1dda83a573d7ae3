import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Db, openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { BUILTIN_PRESETS } from '../src/presets/builtin.ts';
import { newFolder } from '../test/support/folder.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { median, type Origin, type Settings, settingsOf, startOrigin } from './rig.ts';
import { cpuSeconds, measureWorker } from './worker-run.ts';

const LATENCIES_MS = [0, 20, 50];
const FOLDER = 'folder';

/** `ratio` to the images a second of the folder in the same round. Milliseconds of CPU an image. */
type Measured = {
  images_per_second: number;
  ratio: number;
  ratio_min: number;
  ratio_max: number;
  worker_cpu_ms: number;
  decoders_cpu_ms: number;
  store_cpu_ms: number;
};

type Run = { name: string; rate: number; workerMs: number; decodersMs: number; storeMs: number };

type Place = { db: Db; settings: Settings };

/**
 * Images a second of a worker with two renditions an image: in a folder, and in a bucket whose store takes some time
 * for each request. A round has a run of each; every other one goes backwards.
 */
export async function storage({ pairs: rounds, seconds }: Lengths) {
  await using rig = await openRig();
  const cases = [FOLDER, ...LATENCIES_MS.map((ms) => `bucket_${ms}_ms`)];
  const runs: Run[][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const found: Run[] = [];
    for (const name of round % 2 === 0 ? cases.toReversed() : cases) {
      const run = await runOf(rig, name, { seconds, marker: `round=${round}&case=${name}` });
      found.push(run);
      process.stderr.write(
        `round ${round}, ${name}: ${run.rate.toFixed(1)} images/s; CPU of the worker's own process ${run.workerMs.toFixed(1)} ms an image\n`,
      );
    }
    runs.push(found);
  }
  const results = cases.map((name) => [name, summaryOf(name, runs)] as const);
  return { ...Object.fromEntries(results), rounds, seconds_each: seconds };
}

type Rig = AsyncDisposable & {
  origin: Origin;
  store: ChildProcess;
  folder: Place;
  bucket: Place;
};

/** A database for each: all processes of one store their files in the same place. */
async function openRig(): Promise<Rig> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const origin = await startOrigin(await makePhotographs(join(folder.path, 'photographs')));
  stack.defer(() => origin.child.disconnect());
  const store = fork(join(import.meta.dirname, 'bucket.ts'));
  stack.defer(() => store.disconnect());
  const [s3] = (await once(store, 'message')) as [Record<string, string>];
  process.env['AWS_ACCESS_KEY_ID'] = s3['AWS_ACCESS_KEY_ID']; // for the uploads, which are accepted in this process
  process.env['AWS_SECRET_ACCESS_KEY'] = s3['AWS_SECRET_ACCESS_KEY'];
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());
  const placeOf = async (name: string, more: Record<string, string> = {}): Promise<Place> => {
    const url = await server.database(name);
    const { db } = openDatabase(url, 2);
    stack.defer(() => db.destroy());
    return { db, settings: { ...settingsOf(folder.path, url), ...more } };
  };
  return {
    origin,
    store,
    folder: await placeOf('bench_folder'),
    bucket: await placeOf('bench_bucket', s3),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function runOf(
  { origin, store, folder, bucket }: Rig,
  name: string,
  { seconds, marker }: { seconds: number; marker: string },
): Promise<Run> {
  const latencyMs = Number(/\d+/.exec(name)?.[0] ?? 0);
  store.send({ latencyMs });
  await once(store, 'message');
  const { db, settings } = name === FOLDER ? folder : bucket;
  const before = await cpuSeconds({ child: store });
  const run = await measureWorker(db, settings, { origin, seconds, marker, preset: webPreset() });
  const storeCores = ((await cpuSeconds({ child: store })) - before) / seconds;
  if (run.failed > 0) throw new Error(`${run.failed} images failed`);
  const rate = run.ours;
  const msAnImage = (cores: number): number => (1000 * cores) / rate;
  return {
    name,
    rate,
    workerMs: msAnImage(run.cores.parent),
    decodersMs: msAnImage(run.cores.decoders),
    storeMs: msAnImage(storeCores),
  };
}

function webPreset() {
  const preset = BUILTIN_PRESETS.find(({ name }) => name === 'web');
  if (!preset) throw new Error('there is no preset web');
  return preset;
}

function summaryOf(name: string, rounds: Run[][]): Measured {
  const found = rounds.flatMap((runs) => runs.filter((run) => run.name === name));
  const folders = rounds.flatMap((runs) => runs.filter((run) => run.name === FOLDER));
  const ratios = found.map(({ rate }, i) => rate / (folders[i]?.rate ?? Number.NaN));
  return {
    images_per_second: median(found.map(({ rate }) => rate)),
    ratio: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    worker_cpu_ms: median(found.map(({ workerMs }) => workerMs)),
    decoders_cpu_ms: median(found.map(({ decodersMs }) => decodersMs)),
    store_cpu_ms: median(found.map(({ storeMs }) => storeMs)),
  };
}
