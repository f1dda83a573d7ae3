/** What is told of an output file that was made to meet a rule: of a rendition with the fit `object`. */
import { type Measures, readMeasures } from './measures.ts';

/** What was done to the picture, beside making it smaller. */
export const CHANGES = ['cut', 'padded', 'enlarged', 'whitened', 'reformatted', 'recompressed'] as const;
export type Change = (typeof CHANGES)[number];

/** Why a picture could not be made as it was asked for, by the rule that it does not meet. docs/presets.md repeats it. */
export const UNMET_SENTENCES = {
  plain: 'The picture has no plain background: padding it would show a frame.',
  not_empty: 'The picture is empty: nothing differs from its background.',
  cut_off: 'The product reaches the edge of the picture: it may be cut off there.',
  min_sides: 'The product has too few pixels: it would have to be enlarged more than `enlarge` allows.',
  background_white:
    'The background has another colour than `background`: padding with that would show a frame.',
} as const;
export type UnmetRule = keyof typeof UNMET_SENTENCES;

export type Unmet = { rule: UnmetRule; measured: number | string; required: number | string };

export type Fix = { changes: Change[]; unmet: Unmet[] };

/** Measures of the file itself: its lengths are pixels of the file. */
export type FileMeasures = Measures & Fix;

/** Reads the column `renditions.measures`. Null: no rule was to be met, or it was measured by older definitions. */
export function readFileMeasures(stored: FileMeasures | null): FileMeasures | null {
  return readMeasures(stored) && stored;
}
