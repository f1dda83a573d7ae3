/**
 * `npm run bench`: measures Minilab, as ratios within one run. bench/README.md says what each benchmark measures.
 * `--only NAME` runs one, `--quick` those that matter most in 3 minutes, roughly; `--json` prints one object on the
 * last line, `--table` the rows of docs/speed.md. `--pairs N`, `--seconds N` and the other names of bench/lengths.ts
 * set a length.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { api } from './api.ts';
import { check } from './check.ts';
import { idleShare } from './cpu.ts';
import { downloads } from './downloads.ts';
import { endToEnd } from './end-to-end.ts';
import { fetching } from './fetching.ts';
import { fleet } from './fleet.ts';
import { intake } from './intake.ts';
import { type Lengths, QUICK, WHOLE } from './lengths.ts';
import { looks } from './looks.ts';
import { measures } from './measures.ts';
import { memory } from './memory.ts';
import { oneBatch } from './one-batch.ts';
import { oneDecode } from './one-decode.ts';
import { removePhotographs } from './photographs.ts';
import { presets } from './presets.ts';
import { queue } from './queue.ts';
import { renditions } from './renditions.ts';
import { type Results, type Run, tableOf } from './results-table.ts';
import { reuse } from './reuse.ts';
import { settle } from './settle.ts';
import { small } from './small.ts';
import { storage } from './storage.ts';
import { tables } from './tables.ts';

const BENCHMARKS = {
  end_to_end: endToEnd,
  one_batch: oneBatch,
  renditions,
  one_decode: oneDecode,
  measures,
  looks,
  memory,
  presets,
  reuse,
  storage,
  settle,
  small,
  queue,
  downloads,
  fetching,
  intake,
  tables,
  check,
  api,
  fleet,
} satisfies Record<string, (lengths: Lengths) => Promise<object>>;
type Name = keyof typeof BENCHMARKS;

/** Those of `--quick`: every part of the product once, and nothing twice. */
const QUICK_ONES: Name[] = ['end_to_end', 'renditions', 'presets', 'reuse', 'intake', 'check'];

const LENGTHS = Object.keys(WHOLE) as (keyof Lengths)[];
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    ...Object.fromEntries(LENGTHS.map((name) => [name, { type: 'string' as const }])),
  },
});

const run: Run = {
  date: new Date().toISOString().slice(0, 10),
  cores: availableParallelism(),
  is_rough: values.quick,
  idle_before: {},
};
const results: Results = {};
const lengths = chosenLengths();
try {
  for (const name of chosenNames()) {
    const idle = await idleShare();
    run.idle_before[name] = idle;
    process.stderr.write(`\n${name}, on ${run.cores} cores, ${percent(idle)} of them idle\n`);
    results[name] = await BENCHMARKS[name](lengths);
    console.log(`${name}${values.quick ? ' (rough)' : ''}: ${inWords(results[name])}`);
  }
} finally {
  await removePhotographs();
}
if (values.table) console.log(tableOf(results, run));
if (values.json) console.log(JSON.stringify({ ...results, run }));

function chosenNames(): Name[] {
  const names = Object.keys(BENCHMARKS) as Name[];
  if (values.only === undefined) return values.quick ? QUICK_ONES : names;
  const chosen = names.filter((name) => name === values.only);
  if (chosen.length === 0) throw new Error(`--only takes one of ${names.join(', ')}`);
  return chosen;
}

function chosenLengths(): Lengths {
  const given = values as Record<string, unknown>;
  const set = LENGTHS.filter((name) => given[name] !== undefined).map((name) => [name, Number(given[name])]);
  return { ...(values.quick ? QUICK : WHOLE), ...(Object.fromEntries(set) as Partial<Lengths>) };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function inWords(result: object): string {
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  return JSON.stringify(result, rounded, 1)
    .replaceAll(/[{}"\n]/g, '')
    .trim();
}
