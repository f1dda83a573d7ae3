import type { Channel, CheckedRule } from '../../../api/types.ts';
import { bytes, number, percent } from '../../../data/format.ts';

type ChannelRule = Channel['rules'][number];
/** What a rule demands, as a channel and as a check tell it. */
export type Demand = Omit<ChannelRule, 'level' | 'from' | 'until' | 'source'>;

const ANY_OF = new Intl.ListFormat('en-GB', { type: 'disjunction' });
const MEGA = 1e6;

const SIDES: Record<NonNullable<Demand['of']>, string> = {
  both_sides: 'Both sides have',
  longer_side: 'The longer side has',
  width: 'The width is',
  height: 'The height is',
  object_both_sides: 'Without white space, both sides have',
  object_longer_side: 'Without white space, the longer side has',
};

const SENTENCES: Record<Demand['rule'], string | ((demand: Demand) => string)> = {
  min_sides: ({ of = 'both_sides', at_least = 0 }) => `${SIDES[of]} at least ${number(at_least)} pixels`,
  max_sides: ({ of = 'both_sides', at_most = 0 }) => `${SIDES[of]} at most ${number(at_most)} pixels`,
  max_pixels: ({ at_most = 0 }) => `It has at most ${megapixels(at_most)}`,
  min_bytes: ({ at_least = 0 }) => `The file has at least ${bytes(at_least)}`,
  max_bytes: ({ at_most = 0 }) => `The file has at most ${bytes(at_most)}`,
  format: ({ one_of = [] }) => `It is a ${ANY_OF.format(one_of.map(nameOf))}`,
  aspect: ({ ratio = 1 }) =>
    ratio === 1 ? 'It is square' : `Width and height are as ${number(ratio * 100)} to 100`,
  background_white: ({ colour = '#ffffff' }) =>
    colour === '#ffffff'
      ? 'The background is pure white'
      : `The background is at least as light as ${colour}`,
  plain: 'The background is plain',
  fill: ({ at_least, at_most }) => `The product fills ${rangeOf(at_least, at_most)} of the picture`,
  cut_off: 'The product is not cut off at an edge',
  not_empty: 'The picture is not empty',
  not_transparent: 'Nothing in it is transparent',
  jpeg_quality: ({ at_least = 0 }) => `A JPEG has a quality of at least ${number(at_least)}`,
  colour_space: ({ one_of = [], at_most }) =>
    `Its colours are ${ANY_OF.format(one_of.map(nameOf))}${at_most ? `, with at most ${at_most} bits` : ''}`,
  not_moving: 'It does not move',
  url_https: 'The address begins with https',
  url_port: ({ one_of = [] }) => `The address has port ${ANY_OF.format(one_of.map(String))}`,
  url_no_query: 'The address has no query (what follows a question mark)',
  url_extension: 'The address ends as the format does, such as .jpg',
  url_ascii: 'The address has ASCII characters only',
  url_length: ({ at_most = 0 }) => `The address has at most ${number(at_most)} characters`,
  placeholder: 'It is a picture, not a sign for a missing one',
  twice: 'It stands only once in its product',
  maybe_enlarged: 'It does not look enlarged or blurred',
};

/** What a rule demands of a picture, as a sentence without its full stop. */
export function sentenceOf(demand: Demand): string {
  const sentence = SENTENCES[demand.rule];
  return typeof sentence === 'string' ? sentence : sentence(demand);
}

/** To which pictures a rule applies, if not to all. */
export function scopeOf({ slots, category }: Demand): string | undefined {
  const scope = [slots === 'main' && 'main picture', category].filter(Boolean).join(', ');
  return scope === '' ? undefined : scope;
}

/** What was measured, with its unit. */
export function measuredText({ rule }: Pick<CheckedRule, 'rule'>, measured: string | number): string {
  if (typeof measured === 'string') return rule === 'format' ? nameOf(measured) : measured;
  if (rule === 'max_pixels') return megapixels(measured);
  if (rule === 'fill') return percent(measured);
  if (rule.endsWith('_sides')) return `${number(measured)} px`;
  if (rule.endsWith('_bytes')) return bytes(measured);
  if (rule === 'aspect') return `${number(measured * 100)} to 100`;
  return number(measured);
}

/** A format or a kind of colours: `JPEG`, `WebP`, `RGB` */
function nameOf(word: string | number): string {
  return word === 'webp' ? 'WebP' : String(word).toUpperCase();
}

const megapixels = (pixels: number): string => `${number(pixels / MEGA)} megapixels`;

function rangeOf(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return `${Math.round(least * 100)} to ${percent(most)}`;
  return least === undefined ? `at most ${percent(most ?? 1)}` : `at least ${percent(least)}`;
}
