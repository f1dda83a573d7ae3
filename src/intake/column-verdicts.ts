import { MAX_OUTPUT_SIDE } from '../presets/spec.ts';
import { FORMAT_NAMES } from './row-options.ts';

/**
 * What a cell says about its column. `yes`: the column is meant for images; `no`: it is not; `odd`: it is not,
 * unless another cell says `yes`.
 */
export type Verdict = 'yes' | 'odd' | 'no';

/** The least width and height, in pixels, that is taken for that of an image. */
export const LEAST_SIDE = 100;

/**
 * @param longest of the sides that the row names, in pixels
 * @param leastSide what `longest` must be at least, in pixels
 */
export function sideVerdict(text: string, longest: number, leastSide: number): Verdict {
  const number = Number(text);
  if (/^\d+ ?(?:px|pixels?)$/i.test(text)) return 'yes'; // an error later on, but it means pixels
  if (Number.isNaN(number)) return /^[\d.,/ ]+(?:[^\d.,/ ]\D*)?$/.test(text) ? 'no' : 'odd'; // 50 cm, 12", 1,5
  if (!Number.isInteger(number) || number < LEAST_SIDE || longest < leastSide) return 'no';
  return number <= MAX_OUTPUT_SIDE ? 'yes' : 'odd';
}

const HIGHEST_GRADE = 10; // "quality 5 of 10" grades a product

export function qualityVerdict(text: string): Verdict {
  const number = Number(text);
  if (!Number.isInteger(number)) return 'odd';
  if (number <= HIGHEST_GRADE) return 'no';
  return number <= 100 ? 'yes' : 'odd';
}

const OTHER_FORMATS = /^(?:gif|tiff?|bmp|hei[cf]|jxl|jp2|jfif|svg|ico)$/i; // image formats without an encoder here

export function formatVerdict(text: string): Verdict {
  return FORMAT_NAMES.has(text.toLowerCase()) || OTHER_FORMATS.test(text) ? 'yes' : 'odd';
}

export function presetVerdict(text: string, presets: ReadonlySet<string>): Verdict {
  return presets.has(text.toLowerCase()) || /^[a-z][a-z0-9-]*$/.test(text) ? 'yes' : 'odd';
}
