import type { Channel } from '../../channels/rule.ts';
import type { Verdict } from '../../channels/verdict.ts';
import { verdictBody } from '../../channels/verdict.body.ts';
import { wordsOf } from '../../channels/words.ts';
import { plainCsvText } from '../../csv/write.ts';
import { shownState } from '../../images/image.ts';
import { type Measures, readMeasures } from '../../pipeline/measures.ts';
import type { BatchCheck, CheckedPicture } from './check.ts';
import type { PictureFile, PictureRow } from './picture.ts';

const MEASURES = [
  'background',
  'border_white',
  'border_uniform',
  'plain',
  'object',
  'fill',
  'fill_box',
  'touches',
  'empty',
  'transparent',
  'grey',
  'jpeg_quality',
  'sharpness',
  'ai',
  'moving',
  'colours',
  'bits',
] as const satisfies (keyof Measures)[];

const HEADER = [
  ...['row', 'sku', 'position', 'url', 'state', 'error_code', 'channel', 'of', 'as_of'],
  ...['verdict', 'failed', 'advised', 'unknown', 'format', 'width', 'height', 'bytes', ...MEASURES],
];

/** A line for each image and channel, with the delimiter of the input and formulas escaped. */
export async function* checkCsv(check: BatchCheck): AsyncGenerator<string> {
  const { format } = check.results;
  yield `${format.bom ? '\u{feff}' : ''}${plainCsvText([HEADER], format)}`;
  for await (const page of check.pages({ isNamed: true }))
    yield plainCsvText(
      page.flatMap((picture) =>
        eachVerdict(check, picture, (verdict, channel) => cellsOf(check, picture.row, verdict, channel)),
      ),
      format,
    );
}

function eachVerdict<T>(
  { request }: BatchCheck,
  { verdicts }: CheckedPicture,
  lineOf: (verdict: Verdict, channel: Channel) => T,
): T[] {
  return request.channels.flatMap((channel, i) => {
    const verdict = verdicts[i];
    return verdict ? [lineOf(verdict, channel)] : [];
  });
}

function cellsOf(
  { request, results }: BatchCheck,
  row: PictureRow,
  verdict: Verdict,
  channel: Channel,
): string[] {
  const { failed, advised, unknown } = wordsOf(verdict);
  const { product, file } = row;
  const measures = readMeasures(file?.measures ?? null);
  return [
    String(row.row_number),
    product?.sku ?? '',
    String(row.position),
    row.url,
    shownState(row.state, results),
    row.error_code ?? '',
    channel.name,
    request.of,
    request.asOf,
    verdict.verdict,
    failed.join('; '),
    advised.join('; '),
    unknown.join('; '),
    file?.format ?? '',
    ...(file ? [file.width, file.height, file.bytes].map(String) : ['', '', '']),
    ...MEASURES.map((name) => cellOf(measures?.[name])),
  ];
}

function cellOf(value: Measures[(typeof MEASURES)[number]] | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value !== 'object') return String(value);
  const { left, top, width, height } = value;
  return `${width}x${height}+${left}+${top}`;
}

/** The same lines as JSON, each with every rule that applies. */
export async function* checkNdjson(check: BatchCheck): AsyncGenerator<string> {
  for await (const page of check.pages({ isNamed: true }))
    yield page
      .flatMap((picture) =>
        eachVerdict(
          check,
          picture,
          (verdict, channel) => `${JSON.stringify(lineOf(check, picture.row, verdict, channel))}\n`,
        ),
      )
      .join('');
}

function lineOf({ request, results }: BatchCheck, row: PictureRow, verdict: Verdict, channel: Channel) {
  const { slot, row_number, position, url, error_code, product, file } = row;
  const sku = product?.sku ?? null;
  return {
    ...{ slot, row: row_number, sku, position, url, state: shownState(row.state, results), error_code },
    ...{ channel: channel.name, of: request.of, as_of: request.asOf },
    ...verdictBody(verdict),
    file: file ? fileBody(file) : null,
  };
}

function fileBody({ format, width, height, bytes, measures }: PictureFile) {
  return { format, width, height, bytes, measures: readMeasures(measures) };
}
