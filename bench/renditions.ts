import { join } from 'node:path';
import { type Db, openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { BUILTIN_PRESETS } from '../src/presets/builtin.ts';
import { type Preset, withDefaults } from '../src/presets/spec.ts';
import { newFolder } from '../test/support/folder.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs, ofCatalogue } from './photographs.ts';
import { QUALITY, SIDE } from './rendition.ts';
import { median, type Origin, PRESET, type Settings, settingsOf, startOrigin } from './rig.ts';
import { type Alone, alone, type AloneResult } from './sharp-alone.ts';
import { measureWorker } from './worker-run.ts';

/** CPU times are milliseconds an image; ours with PostgreSQL and the worker's own process. */
type OfSet = {
  images_per_second: number;
  apart_images_per_second: number;
  /** ours to those of a download and a sharp call for each rendition, in the same round */
  of_apart: number;
  of_apart_min: number;
  of_apart_max: number;
  /** ours to those of sharp alone, on local files, with one rendition of 1200 px */
  of_ceiling: number;
  of_ceiling_min: number;
  of_ceiling_max: number;
  cpu_ms: number;
  apart_cpu_ms: number;
  /** the CPU of theirs to that of ours: other load of the machine changes it less than the rate */
  cpu_gain: number;
};

const THREE: Preset = {
  ...PRESET,
  renditions: [1200, 600, 200].map((side) =>
    withDefaults({ name: `r${side}`, width: side, height: side, quality: QUALITY }),
  ),
};
const SETS: Record<string, Preset> = {
  three: THREE,
  web: BUILTIN_PRESETS.find(({ name }) => name === 'web') ?? THREE,
};

type Rig = AsyncDisposable & {
  db: Db;
  settings: Settings;
  origin: Origin;
  folder: string;
  photographs: string[];
};
type Round = { ceiling: AloneResult } & Record<string, AloneResult>;

/**
 * Several renditions of each photograph: Minilab from the queue to the record, against a download and a plain sharp
 * call for each rendition, as an image proxy makes them. Every other round goes backwards.
 */
export async function renditions(lengths: Lengths) {
  await using rig = await openRig();
  const rounds: Round[] = [];
  for (let pair = 1; pair <= lengths.pairs; pair += 1) {
    const steps = stepsOf(rig, { ...lengths, marker: `pair=${pair}` });
    const round: Round = { ceiling: { rate: Number.NaN, cpuMs: Number.NaN } };
    for (const [name, measure] of pair % 2 === 0 ? steps.toReversed() : steps) round[name] = await measure();
    rounds.push(round);
    const shown = steps.map(([name]) => `${name} ${round[name]?.rate.toFixed(1)}`);
    process.stderr.write(`pair ${pair}: images/s: ${shown.join(', ')}\n`);
  }
  const results = Object.keys(SETS).map((name) => [name, summaryOf(name, rounds)] as const);
  return {
    ...Object.fromEntries(results),
    ceiling_images_per_second: ceilingOf(rounds),
    ...lengthsOf(lengths),
  };
}

async function openRig(): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await newFolder());
  const photographs = ofCatalogue(await makePhotographs(join(folder, 'photographs')));
  const origin = await startOrigin(photographs);
  stack.defer(() => origin.child.disconnect());
  const server = await holdEmbeddedServer(folder, 'bench');
  stack.defer(() => server.close());
  const settings = settingsOf(folder, await server.database('bench'));
  const { db } = openDatabase(settings.DATABASE_URL, 2);
  stack.defer(() => db.destroy());
  const all = stack.move();
  return { db, settings, origin, folder, photographs, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

type Step = [name: string, measure: () => Promise<AloneResult>];

function stepsOf(rig: Rig, { seconds, marker }: Pick<Lengths, 'seconds'> & { marker: string }): Step[] {
  const { folder, photographs, origin } = rig;
  const urls = photographs.map((_, i) => `${origin.url}/${i}?apart`);
  const one = [{ side: SIDE, quality: QUALITY }];
  const ofSets = Object.entries(SETS).flatMap(([name, preset]): Step[] => [
    [name, () => ours(rig, preset, { seconds, marker: `${marker}&set=${name}` })],
    [apart(name), () => alone({ seconds, folder, sources: urls, makes: makesOf(preset) })],
  ]);
  return [['ceiling', () => alone({ seconds, folder, sources: photographs, makes: one })], ...ofSets];
}

function apart(name: string): string {
  return `${name} apart`;
}

function makesOf({ renditions }: Preset): Alone['makes'] {
  return renditions.map(({ width, quality }) => ({ side: width ?? SIDE, quality: quality ?? QUALITY }));
}

async function ours(
  { db, settings, origin }: Rig,
  preset: Preset,
  { seconds, marker }: { seconds: number; marker: string },
): Promise<AloneResult> {
  const run = await measureWorker(db, settings, { origin, seconds, marker, preset });
  if (run.failed > 0) throw new Error(`${run.failed} images failed`);
  const { decoders, parent, postgres } = run.cores;
  return { rate: run.ours, cpuMs: (1000 * (decoders + parent + postgres)) / run.ours };
}

function summaryOf(name: string, rounds: Round[]): OfSet {
  const of = (step: string, field: keyof AloneResult): number[] =>
    rounds.map((round) => round[step]?.[field] ?? Number.NaN);
  const [rates, cpu] = [of(name, 'rate'), of(name, 'cpuMs')];
  const [theirRates, theirCpu] = [of(apart(name), 'rate'), of(apart(name), 'cpuMs')];
  const ofApart = ratios(rates, theirRates);
  const ofCeiling = ratios(rates, of('ceiling', 'rate'));
  return {
    images_per_second: median(rates),
    apart_images_per_second: median(theirRates),
    of_apart: median(ofApart),
    of_apart_min: Math.min(...ofApart),
    of_apart_max: Math.max(...ofApart),
    of_ceiling: median(ofCeiling),
    of_ceiling_min: Math.min(...ofCeiling),
    of_ceiling_max: Math.max(...ofCeiling),
    cpu_ms: median(cpu),
    apart_cpu_ms: median(theirCpu),
    cpu_gain: median(ratios(theirCpu, cpu)),
  };
}

function ratios(some: number[], others: number[]): number[] {
  return some.map((value, i) => value / (others[i] ?? Number.NaN));
}

function ceilingOf(rounds: Round[]): number {
  return median(rounds.map(({ ceiling }) => ceiling.rate));
}

function lengthsOf({ pairs, seconds }: Lengths) {
  return { pairs, seconds_each: seconds };
}
