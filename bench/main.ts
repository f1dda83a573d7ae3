/**
 * `npm run bench`: measures Minilab, as ratios within one run. `--only NAME` runs one benchmark, `--json`
 * prints one object on the last line. `--pairs N --seconds N` set the length of `end_to_end`, `fetching` and
 * `storage`, `--seconds N` also that of `downloads`, `--images N` that of `memory`, `--rows N` that of `intake` and `tables`, `--checked N` that of `check`,
 * `--fleet N` that of `fleet`.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { api } from './api.ts';
import { check } from './check.ts';
import { downloads } from './downloads.ts';
import { endToEnd } from './end-to-end.ts';
import { fetching } from './fetching.ts';
import { fleet } from './fleet.ts';
import { intake } from './intake.ts';
import { looks } from './looks.ts';
import { measures } from './measures.ts';
import { memory } from './memory.ts';
import { presets } from './presets.ts';
import { queue } from './queue.ts';
import { renditions } from './renditions.ts';
import { reuse } from './reuse.ts';
import { settle } from './settle.ts';
import { storage } from './storage.ts';
import { tables } from './tables.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    pairs: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '30' },
    images: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '1000000' },
    checked: { type: 'string', default: '100000' },
    fleet: { type: 'string', default: '20000' },
  },
});

const BENCHMARKS = {
  end_to_end: () => endToEnd({ pairs: Number(values.pairs), seconds: Number(values.seconds) }),
  renditions,
  measures,
  looks,
  memory: () => memory({ images: Number(values.images) }),
  presets,
  reuse,
  storage: () => storage({ rounds: Number(values.pairs), seconds: Number(values.seconds) }),
  settle,
  queue,
  downloads: () => downloads({ seconds: Number(values.seconds) }),
  fetching: () => fetching({ pairs: Number(values.pairs), seconds: Number(values.seconds) }),
  intake: () => intake({ rows: Number(values.rows) }),
  tables: () => tables({ rows: Number(values.rows) }),
  check: () => check({ images: Number(values.checked) }),
  api,
  fleet: () => fleet({ images: Number(values.fleet) }),
} satisfies Record<string, () => Promise<object>>;

const names = Object.keys(BENCHMARKS) as (keyof typeof BENCHMARKS)[];
const chosen = names.filter((name) => values.only === undefined || values.only === name);
if (chosen.length === 0) throw new Error(`--only takes one of ${names.join(', ')}`);

const results: Partial<Record<keyof typeof BENCHMARKS, object>> = {};
for (const name of chosen) {
  process.stderr.write(`\n${name}, on ${availableParallelism()} cores\n`);
  results[name] = await BENCHMARKS[name]();
  console.log(`${name}: ${inWords(results[name])}`);
}
if (values.json) console.log(JSON.stringify(results));

function inWords(result: object): string {
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  return JSON.stringify(result, rounded, 1)
    .replaceAll(/[{}"\n]/g, '')
    .trim();
}
