import type { Flaw } from '../errors.ts';
import {
  FORMAT_FACTS,
  MAX_OBJECT_PIXELS,
  MAX_OUTPUT_SIDE,
  OUTPUT_FORMATS,
  type OutputFormat,
} from '../presets/spec.ts';
import type { Preset, Recipe, RenditionSpec } from '../presets/spec.ts';
import type { Columns } from '../csv/header/columns.ts';
import { type TableRow, trimmedCell } from '../csv/records.ts';

/** What a row chooses for its own images, instead of the batch's preset. Width and height are in pixels. */
export type RowOptions = {
  preset?: string;
  width?: number;
  height?: number;
  quality?: number;
  format?: OutputFormat;
};

/** The columns that hold row options. */
export const ROW_OPTION_ROLES = ['preset', 'width', 'height', 'quality', 'format'] as const;
export type RowOptionRole = (typeof ROW_OPTION_ROLES)[number];

/** What the column Format may hold, in lower case. */
export const FORMAT_NAMES = new Map<string, OutputFormat>([
  ...OUTPUT_FORMATS.map((format) => [format, format] as const),
  ['jpg', 'jpeg'],
]);

/**
 * Reads the cells of Preset, Width, Height, Quality and Format. An empty cell chooses nothing.
 * @param presets names of the presets
 */
export function readRowOptions(
  row: TableRow,
  columns: Columns,
  presets: ReadonlySet<string>,
): { rowOptions: RowOptions; flaws: Flaw[] } {
  const rowOptions: Partial<Record<RowOptionRole, string | number>> = {};
  const flaws: Flaw[] = [];
  for (const role of ROW_OPTION_ROLES) {
    const column = columns[role];
    if (column === undefined) continue;
    const text = trimmedCell(row, column);
    if (text === '') continue;
    const read = readOption(role, text, presets);
    if ('value' in read) rowOptions[role] = read.value;
    else {
      const code = role === 'preset' ? 'unknown_preset' : `invalid_${role}`;
      flaws.push({ line: row.line, column: column + 1, code, detail: `"${text.slice(0, 40)}" ${read.why}.` });
    }
  }
  return { rowOptions: rowOptions as RowOptions, flaws };
}

type OptionRead = { value: string | number } | { why: string };

function readOption(role: RowOptionRole, text: string, presets: ReadonlySet<string>): OptionRead {
  if (role === 'preset') {
    if (presets.has(text)) return { value: text };
    return { why: `is not a preset; there are ${[...presets].join(', ')}` };
  }
  if (role === 'format') {
    const format = FORMAT_NAMES.get(text.toLowerCase());
    return format
      ? { value: format }
      : { why: `is not an output format; there are ${OUTPUT_FORMATS.join(', ')}` };
  }
  const [largest, unit] = role === 'quality' ? [100, ''] : [MAX_OUTPUT_SIDE, ' of pixels'];
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= largest) return { value: number };
  return {
    why: `is not a ${role}: a whole number${unit} from 1 to ${largest}. Rename the column if it means something else`,
  };
}

/**
 * The recipe of a row. Its width and height apply to the first rendition; its quality and format apply to all.
 * What a format does not support (a quality for PNG, transparency for JPEG, animation) is left out.
 */
export function recipeOf(preset: Preset, rowOptions: RowOptions): Recipe {
  const renditions = preset.renditions.map((spec, i) =>
    inFormat(i === 0 ? inSize(spec, rowOptions) : spec, rowOptions),
  );
  return { preset: preset.name, renditions };
}

function inSize(spec: RenditionSpec, { width, height }: RowOptions): RenditionSpec {
  if (width === undefined && height === undefined) return spec;
  // A box that is filled needs both sides; otherwise a side that the row leaves out is free.
  if (spec.fit !== 'inside')
    return atMost(spec, { width: width ?? spec.width, height: height ?? spec.height });
  return { ...spec, width: width ?? null, height: height ?? null };
}

/** The fit object keeps its size where a row wants more than it can make. */
function atMost(spec: RenditionSpec, box: Pick<RenditionSpec, 'width' | 'height'>): RenditionSpec {
  const isTooMuch = spec.fit === 'object' && (box.width ?? 0) * (box.height ?? 0) > MAX_OBJECT_PIXELS;
  return isTooMuch ? spec : { ...spec, ...box };
}

function inFormat(spec: RenditionSpec, { quality, format = spec.format }: RowOptions): RenditionSpec {
  const facts = FORMAT_FACTS[format];
  const kept = format === spec.format ? spec.quality : (facts.quality ?? null);
  return {
    ...spec,
    format,
    quality: facts.quality === undefined ? null : (quality ?? kept),
    background: spec.background === 'transparent' && !facts.hasAlpha ? '#ffffff' : spec.background,
    animated: spec.animated && facts.canBeAnimated,
    max_bytes: facts.shrinksBy === null ? null : spec.max_bytes,
  };
}
