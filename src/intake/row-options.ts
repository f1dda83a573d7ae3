import type { Flaw } from '../errors.ts';
import { FORMAT_FACTS, MAX_OUTPUT_SIDE, OUTPUT_FORMATS, type OutputFormat } from '../presets/spec.ts';
import type { Preset, Recipe, RenditionSpec } from '../presets/spec.ts';
import type { Columns } from '../csv/header/columns.ts';
import type { TableRow } from '../csv/records.ts';

/** What a row wants of its images that the batch's preset does not say. */
export type RowOptions = {
  preset?: string;
  width?: number;
  height?: number;
  quality?: number;
  format?: OutputFormat;
};

export const FORMAT_NAMES = new Map<string, OutputFormat>([
  ...OUTPUT_FORMATS.map((format) => [format, format] as const),
  ['jpg', 'jpeg'],
]);

/**
 * Reads the cells of Preset, Width, Height, Quality and Format; an empty one chooses nothing.
 * @param presets their names
 */
export function readRowOptions(
  { cells, line }: TableRow,
  columns: Columns,
  presets: ReadonlySet<string>,
): { choice: RowOptions; flaws: Flaw[] } {
  const choice: RowOptions = {};
  const flaws: Flaw[] = [];
  const read = (
    column: number | undefined,
    code: string,
    take: (text: string) => string | undefined,
  ): void => {
    const text = column === undefined ? '' : (cells[column] ?? '').trim();
    const flaw = text === '' ? undefined : take(text);
    if (flaw !== undefined && column !== undefined)
      flaws.push({ line, column: column + 1, code, detail: `"${text.slice(0, 40)}" ${flaw}.` });
  };
  const readNumber = (name: 'width' | 'height' | 'quality', largest: number, unit: string): void =>
    read(columns[name], `invalid_${name}`, (text) => {
      const number = Number(text);
      if (!Number.isInteger(number) || number < 1 || number > largest)
        return `is not a ${name}: a whole number${unit} from 1 to ${largest}. Name the column otherwise if it means something else`;
      choice[name] = number;
      return undefined;
    });
  read(columns.preset, 'unknown_preset', (text) => {
    if (!presets.has(text)) return `is not a preset; there are ${[...presets].join(', ')}`;
    choice.preset = text;
    return undefined;
  });
  readNumber('width', MAX_OUTPUT_SIDE, ' of pixels');
  readNumber('height', MAX_OUTPUT_SIDE, ' of pixels');
  readNumber('quality', 100, '');
  read(columns.format, 'invalid_format', (text) => {
    const format = FORMAT_NAMES.get(text.toLowerCase());
    if (!format) return `is not a format that files are made in; there are ${OUTPUT_FORMATS.join(', ')}`;
    choice.format = format;
    return undefined;
  });
  return { choice, flaws };
}

/**
 * The recipe of a row. Width and height are those of the first rendition; quality and format hold for
 * all. What a format cannot do (a quality of PNG, transparency of JPEG, motion) is left out.
 */
export function recipeOf(preset: Preset, choice: RowOptions): Recipe {
  const renditions = preset.renditions.map((spec, i) =>
    inFormat(i === 0 ? inSize(spec, choice) : spec, choice),
  );
  return { preset: preset.name, renditions };
}

function inSize(spec: RenditionSpec, { width, height }: RowOptions): RenditionSpec {
  if (width === undefined && height === undefined) return spec;
  // A box that is filled needs both sides; otherwise the side that is not named is free.
  if (spec.fit !== 'inside') return { ...spec, width: width ?? spec.width, height: height ?? spec.height };
  return { ...spec, width: width ?? null, height: height ?? null };
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
