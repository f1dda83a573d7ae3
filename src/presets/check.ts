import { Value } from 'typebox/value';
import { type PointedFlaw, Problem } from '../errors.ts';
import {
  FORMAT_FACTS,
  type Preset,
  PRESET_NAME,
  PresetInput,
  type RenditionInput,
  withDefaults,
} from './spec.ts';

/** @throws Problem `preset_invalid` with everything that is wrong, all at once */
export function checkPreset(name: string, input: unknown): Preset {
  const flaws = [
    ...(new RegExp(PRESET_NAME).test(name) ? [] : [{ at: '/name', detail: NAME_RULE }]),
    ...presetFlaws(input),
  ].map(({ at, detail }): PointedFlaw => ({ at, detail, code: 'invalid_setting' }));
  if (flaws.length > 0)
    throw new Problem('preset_invalid', { detail: `${name}: ${flaws[0]?.detail}`, flaws });
  const { description = '', renditions } = input as PresetInput;
  return { name, description, renditions: renditions.map(withDefaults) };
}

const NAME_RULE = 'A name begins with a small letter; small letters, digits and hyphens follow, 64 in all.';

type PresetFlaw = Omit<PointedFlaw, 'code'>;

function presetFlaws(input: unknown): PresetFlaw[] {
  if (!Value.Check(PresetInput, input)) return shapeFlaws(input);
  const names = input.renditions.map(({ name }) => name);
  return input.renditions.flatMap((rendition, i) => [
    ...renditionFlaws(rendition).map(({ at, detail }) => ({ at: `/renditions/${i}${at}`, detail })),
    ...(names.indexOf(rendition.name) < i
      ? [{ at: `/renditions/${i}/name`, detail: `There is another rendition "${rendition.name}".` }]
      : []),
  ]);
}

function shapeFlaws(input: unknown): PresetFlaw[] {
  return [...Value.Errors(PresetInput, input)].map(({ instancePath, message, keyword, params }) => {
    const unknown = keyword === 'additionalProperties' ? (params as { additionalProperties?: string[] }) : {};
    const names = unknown.additionalProperties?.map((name) => `"${name}"`).join(', ');
    const allowed = (params as { allowedValues?: unknown[] }).allowedValues;
    const choice = keyword === 'enum' && allowed ? `: ${allowed.join(', ')}` : '';
    return { at: instancePath, detail: names ? `There is no setting ${names}.` : `It ${message}${choice}.` };
  });
}

/** What the shape cannot say. */
function renditionFlaws(rendition: RenditionInput): PresetFlaw[] {
  const { fit, width, height, format = 'jpeg', background, quality, max_bytes, animated } = rendition;
  const flaws: PresetFlaw[] = [];
  const facts = FORMAT_FACTS[format];
  if ((fit === 'cover' || fit === 'contain') && (width === undefined || height === undefined))
    flaws.push({ at: '/fit', detail: `${fit} needs a width and a height.` });
  if (background === 'transparent' && !facts.hasAlpha)
    flaws.push({ at: '/background', detail: `${format} has no transparency.` });
  if (quality !== undefined && facts.quality === undefined)
    flaws.push({ at: '/quality', detail: `${format} is lossless; use max_bytes for smaller files.` });
  if (animated && !facts.canMove)
    flaws.push({ at: '/animated', detail: `${format} files do not move; WebP does.` });
  if (animated && max_bytes !== undefined)
    flaws.push({ at: '/max_bytes', detail: 'An animation cannot have max_bytes.' });
  if (animated && rendition.trim) flaws.push({ at: '/trim', detail: 'An animation cannot be trimmed.' });
  return flaws;
}
