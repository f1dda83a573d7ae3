import { Value } from 'typebox/value';
import { FORMAT_FACTS, PresetInput, type RenditionInput } from './spec.ts';

/** `at` is a JSON pointer into the preset (RFC 6901). */
export type PresetFlaw = { at: string; detail: string };

/** Everything that is wrong with a preset, all at once; none: it is a PresetInput. */
export function presetFlaws(input: unknown): PresetFlaw[] {
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
