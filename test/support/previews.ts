import { Readable } from 'node:stream';
import { leastSideOf } from '../../src/intake/doubtful-columns.ts';
import type { Flaw } from '../../src/errors.ts';
import { type Preview, previewUpload } from '../../src/intake/preview.ts';
import type { ReadingRules } from '../../src/intake/reading.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';

/** What a text would be taken for, with the preset `web` unless another one is named. */
export async function previewOf(
  csv: string | Buffer,
  { preset = 'web', ...rules }: Partial<ReadingRules> & { preset?: string } = {},
): Promise<Preview> {
  const { preview } = await previewUpload(Readable.from([Buffer.from(csv as string)]), {
    ...{ maxBytes: 1e9, allowPaths: false, presets: new Set(BUILTIN_PRESETS.map(({ name }) => name)) },
    leastSide: leastSideOf(
      BUILTIN_PRESETS,
      BUILTIN_PRESETS.find(({ name }) => name === preset),
    ),
    ...rules,
  });
  return preview;
}

/** Codes with their lines and columns. */
export function locationsOf(flaws: Flaw[]): (string | number)[][] {
  return flaws.map(({ code, line, column }) => (column === undefined ? [code, line] : [code, line, column]));
}
