/** The rows of docs/speed.md. */
export type Results = Record<string, object>;

export type Run = {
  date: string;
  cores: number;
  /** of `--quick` */
  is_rough: boolean;
  /** which share of the cores had nothing to do before each benchmark */
  idle_before: Record<string, number>;
};

/** What is measured, and how the row says it: numbers in braces are the paths of results, with their decimals. */
const ROWS: [what: string, result: string, compared: string][] = [
  [
    'one 1200 px JPEG of each photograph, from the queue to the record',
    '{end_to_end.images_per_second:1} images/s',
    '{end_to_end.ratio_to_ceiling:2} ({end_to_end.ratio_min:2} to {end_to_end.ratio_max:2}) of sharp alone on local files',
  ],
  [
    'a batch of {one_batch.images:0} photographs, POST to end',
    '{one_batch.seconds:1} s, {one_batch.images_per_second:1} images/s',
    '{one_batch.ratio_to_ceiling:2} ({one_batch.ratio_min:2} to {one_batch.ratio_max:2}) of sharp alone on local files',
  ],
  ...['three', 'web'].map((set): [string, string, string] => [
    set === 'three' ? 'three JPEGs (1200, 600, 200 px)' : 'the preset `web` (1600, 400 px)',
    `{renditions.${set}.images_per_second:1} images/s`,
    `{renditions.${set}.of_apart:2} ({renditions.${set}.of_apart_min:2} to {renditions.${set}.of_apart_max:2}) of a download and a sharp call each; {renditions.${set}.of_ceiling:2} of sharp alone with one; CPU {renditions.${set}.cpu_ms:0} ms an image, theirs {renditions.${set}.apart_cpu_ms:0}`,
  ]),
  [
    'three JPEGs of one decode, CPU',
    '{one_decode.gain_of_one_decode:2} times less',
    '({one_decode.gain_min:2} to {one_decode.gain_max:2}) than three calls of sharp',
  ],
  ['measuring a picture, CPU', '{measures.of_image:3} of making it', '{measures.of_decode:3} of its decode'],
  [
    'the same catalogue again, unchanged',
    '{reuse.unchanged.cpu_share_of_first:3} of the CPU',
    'of the first time; {reuse.fresh.cpu_share_of_first:3} while it is fresh',
  ],
  [
    'a CSV of {intake.rows:0} rows, first byte to acceptance',
    '{intake.from_first_byte_s:1} s, {intake.server_peak_rss_mb:0} MB',
    '{intake.ratio_from_first_byte:2} ({intake.ratio_min:2} to {intake.ratio_max:2}) of COPY; CPU {intake.cpu_ratio:2} of it',
  ],
  [
    'status during that batch, p99',
    '{intake.status_p99_ms.beside:0} ms',
    '{intake.status_p99_ms.idle:0} ms on an idle server',
  ],
  [
    '`output.csv` of that batch',
    'first byte {intake.output_csv.first_byte_ms:0} ms, last {intake.output_csv.seconds:1} s',
    '+{intake.output_csv.rss_grown_mb:0} MB of memory',
  ],
  [
    'what marketplaces say of {check.images:0} images, as CSV',
    '{check.of_output_csv.check_csv:2}',
    'of the time of `output.csv` ({check.output_csv_seconds:1} s)',
  ],
  [
    'memory of a worker over {memory.images:0} images',
    '{memory.quarters_mb.0:0} to {memory.quarters_mb.3:0} MB',
    'first to last quarter',
  ],
  [
    'a host that answers after 100 ms',
    '{fetching.ratio:2}',
    'of the images/s of one that answers at once; {fetching.delay_seconds:1} s later beside dead names',
  ],
  ['a bucket that answers after 20 ms', '{storage.bucket_20_ms.ratio:2}', 'of the images/s of a folder'],
  [
    'an image in the database, one worker at 48 images/s',
    '{queue.real_rate.one_batch.postgres_ms:2} ms of CPU',
    '{queue.real_rate.one_batch.statements:1} statements, {queue.real_rate.one_batch.wal_bytes:0} bytes of WAL',
  ],
  ['four workers', '{fleet.ratio:2}', 'of four times one; idle cores {fleet.idle_cores_of_four:2}'],
  [
    'status with an API key, 64 connections',
    '{api.status.with_key.cpu_ms_per_request:2} ms of CPU each',
    '{api.status.cpu_ratio:2} of those without one',
  ],
];

/** Rows of what was measured, for docs/speed.md. */
export function tableOf(results: Results, { date, cores, is_rough, idle_before }: Run): string {
  const rows = ROWS.flatMap((row) => {
    const name = /\{(\w+)\./.exec(row[1])?.[1] ?? '';
    if (!(name in results)) return [];
    const machine = `${cores} cores, ${Math.round(100 * (idle_before[name] ?? 0))} % idle${is_rough ? ', rough' : ''}`;
    return [`| ${[...row.map((words) => filled(words, results)), date, machine].join(' | ')} |`];
  });
  return rows.join('\n');
}

function filled(words: string, results: Results): string {
  return words.replaceAll(/\{([\w.]+):(\d)\}/g, (_, path: string, digits: string) => {
    const value = path.split('.').reduce<unknown>((at, name) => (at as Results | undefined)?.[name], results);
    return typeof value === 'number' ? value.toFixed(Number(digits)) : '?';
  });
}
