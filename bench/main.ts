/**
 * `npm run bench`: how fast Minilab is, as ratios within one run. `--json` prints one object on the last
 * line; `--pairs N --seconds N` shorten or lengthen it.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { endToEnd } from './end-to-end.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '30' },
  },
});

const result = {
  end_to_end: await endToEnd({ pairs: Number(values.pairs), seconds: Number(values.seconds) }),
};
const { end_to_end: figures } = result;
console.log(
  `End to end on ${availableParallelism()} cores, ${figures.pairs} pairs of ${figures.seconds_each} s:`,
);
console.log(
  `  ratio to the ceiling: median ${figures.ratio_to_ceiling.toFixed(3)}, ` +
    `${figures.ratio_min.toFixed(3)} to ${figures.ratio_max.toFixed(3)}`,
);
console.log(
  `  ${figures.images_per_second.toFixed(1)} images/s of ${figures.ceiling_images_per_second.toFixed(1)}, ` +
    `${(100 * figures.success_rate).toFixed(2)} % completed`,
);
console.log(
  `  parent's memory ${figures.peak_parent_rss_mb.toFixed(0)} MB at the most; origin ${(100 * figures.origin_cpu_share).toFixed(0)} % of a core`,
);
if (values.json) console.log(JSON.stringify(result));
