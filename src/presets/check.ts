import type { Static, TObject } from 'typebox';
import { Value } from 'typebox/value';
import { type PointedFlaw, Problem } from '../errors.ts';
import { nameFlaws } from '../name.ts';
import { inWords, type SchemaError, schemaErrors } from '../schema-words.ts';
import { BACKGROUND, PresetInput, RENDITION_NAME, RenditionInput } from './input.ts';
import {
  FORMAT_FACTS,
  MAX_OBJECT_PIXELS,
  MAX_RENDITIONS,
  type Preset,
  type RenditionSpec,
  withDefaults,
} from './spec.ts';

/** @throws Problem `preset_invalid` with all flaws at once */
export function checkPreset(name: string, input: unknown): Preset {
  const flaws = [...nameFlaws(name), ...presetFlaws(input)];
  refuse(name, flaws);
  const { description = '', renditions } = input as PresetInput;
  return { name, description, renditions: renditions.map(withDefaults) };
}

/**
 * Checks a body with one rendition that is no part of a preset yet.
 * @param schema of the body, with `rendition`
 * @throws Problem `preset_invalid` with all flaws at once
 */
export function checkRendition<T extends TObject<{ rendition: typeof RenditionInput }>>(
  schema: T,
  input: unknown,
): Omit<Static<T>, 'rendition'> & { rendition: RenditionSpec } {
  const { rendition } = (input ?? {}) as { rendition?: unknown };
  const flaws = schemaErrors(schema, input).map(flawOf);
  if (Value.Check(RenditionInput, rendition))
    flaws.push(...renditionFlaws(rendition).map(({ at, detail }) => ({ at: `/rendition${at}`, detail })));
  refuse('The preview', flaws);
  const body = input as Static<T> & { rendition: RenditionInput };
  return { ...body, rendition: withDefaults(body.rendition) };
}

/** @throws Problem `preset_invalid` if there are any */
function refuse(what: string, flaws: PresetFlaw[]): void {
  const coded = flaws.map(({ at, detail }): PointedFlaw => ({ at, detail, code: 'invalid_setting' }));
  if (coded.length > 0)
    throw new Problem('preset_invalid', { detail: `${what}: ${coded[0]?.detail}`, flaws: coded });
}

type PresetFlaw = Omit<PointedFlaw, 'code'>;

/** Flaws that the schema finds, and for renditions that match it, flaws that it cannot find. */
function presetFlaws(input: unknown): PresetFlaw[] {
  const renditions = renditionsOf(input);
  const names = renditions.map((rendition) => (rendition as { name?: unknown } | null)?.name);
  return [
    ...shapeFlaws(input),
    ...renditions.flatMap((rendition, i) => {
      const flaws = Value.Check(RenditionInput, rendition) ? renditionFlaws(rendition) : [];
      const isTaken = typeof names[i] === 'string' && names.indexOf(names[i]) < i;
      if (isTaken) flaws.push({ at: '/name', detail: `There is another rendition "${String(names[i])}".` });
      return flaws.map(({ at, detail }) => ({ at: `/renditions/${i}${at}`, detail }));
    }),
  ];
}

function renditionsOf(input: unknown): unknown[] {
  const { renditions } = (input ?? {}) as { renditions?: unknown };
  return Array.isArray(renditions) ? renditions.slice(0, MAX_RENDITIONS) : [];
}

function shapeFlaws(input: unknown): PresetFlaw[] {
  return schemaErrors(PresetInput, input).map(flawOf);
}

function flawOf(error: SchemaError): PresetFlaw {
  return { at: error.instancePath, detail: inWords(error, PATTERNS) };
}

const PATTERNS = {
  [RENDITION_NAME]: 'a small letter, then small letters, digits and hyphens, 32 in all',
  [BACKGROUND]: '#rrggbb in small letters, or transparent',
};

/** Settings that contradict each other, or that the format does not have. */
function renditionFlaws(rendition: RenditionInput): PresetFlaw[] {
  const { fit, width, height, format = 'jpeg', background, quality, max_bytes, animated } = rendition;
  const flaws: PresetFlaw[] = [];
  const facts = FORMAT_FACTS[format];
  if (fit !== undefined && fit !== 'inside' && (width === undefined || height === undefined))
    flaws.push({ at: '/fit', detail: `${fit} needs a width and a height.` });
  if (background === 'transparent' && !facts.hasAlpha)
    flaws.push({ at: '/background', detail: `${format} has no transparency.` });
  if (quality !== undefined && facts.quality === undefined)
    flaws.push({ at: '/quality', detail: `${format} is lossless; use max_bytes for smaller files.` });
  if (max_bytes !== undefined && facts.shrinksBy === null)
    flaws.push({ at: '/max_bytes', detail: `${format} has no max_bytes: its files cannot be made smaller.` });
  if (animated && !facts.canBeAnimated)
    flaws.push({ at: '/animated', detail: `${format} has no animations; WebP does.` });
  if (animated && max_bytes !== undefined)
    flaws.push({ at: '/max_bytes', detail: 'An animation cannot have max_bytes.' });
  if (animated && rendition.trim) flaws.push({ at: '/trim', detail: 'An animation cannot be trimmed.' });
  return [...flaws, ...positionFlaws(rendition), ...objectFlaws(rendition)];
}

function positionFlaws({ fit, position = 'centre', animated }: RenditionInput): PresetFlaw[] {
  if (position === 'centre') return [];
  if (fit !== 'cover')
    return [{ at: '/position', detail: 'Only the fit cover has a position: others cut nothing.' }];
  return animated ? [{ at: '/position', detail: 'An animation is cut around its centre only.' }] : [];
}

const OF_OBJECT = ['fill', 'enlarge', 'min_width', 'whiten', 'on_unmet'] as const;

function objectFlaws(rendition: RenditionInput): PresetFlaw[] {
  if (rendition.fit !== 'object')
    return OF_OBJECT.filter((name) => rendition[name] !== undefined).map((name) => ({
      at: `/${name}`,
      detail: `Only the fit object has ${name}.`,
    }));
  const { width = 0, height = 0, min_width = width } = rendition;
  const { background = '#ffffff', whiten, animated, trim } = rendition;
  const flaws: PresetFlaw[] = [];
  if (width * height > MAX_OBJECT_PIXELS)
    flaws.push({ at: '/width', detail: 'The fit object makes at most 100 megapixels.' });
  if (width > 0 && min_width > width)
    flaws.push({ at: '/min_width', detail: `It must not be more than width, ${width}.` });
  if (whiten && background !== '#ffffff')
    flaws.push({ at: '/whiten', detail: 'It makes the background white: `background` must be #ffffff.' });
  if (animated) flaws.push({ at: '/animated', detail: 'The fit object makes one frame.' });
  if (trim) flaws.push({ at: '/trim', detail: 'The fit object cuts by itself.' });
  return flaws;
}
