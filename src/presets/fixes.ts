import type { Channel, Level, Rule } from '../channels/rule.ts';
import type { RenditionInput } from './input.ts';

/** Channels with a preset that makes a main picture meet their rules, where it can. */
export const FIXED_CHANNELS: readonly string[] = ['amazon', 'google', 'walmart', 'bol', 'zalando'];

const LONGER_SIDE = 2_000; // at least: of the other presets for marketplaces
const FILL = 0.9;
const MARGIN = 0.05; // a JPEG makes the object some pixels larger when it is measured again

/**
 * The rendition that meets the rules of a channel for the main picture of any product, on any day: of a rule that
 * changes, the stricter limit counts. A picture with fewer pixels than the channel advises becomes a smaller file, down
 * to what the channel demands.
 */
export function fixOf({ rules }: Channel): Omit<RenditionInput, 'name'> {
  const general = rules.filter(({ category }) => category === undefined);
  const fill = fillOf(general);
  const box = boxOf(general, fill);
  return {
    fit: 'object',
    ...box,
    min_width: leastWidth(general, { ratio: box.width / box.height, fill }),
    fill,
    whiten: true,
    background: '#ffffff',
    quality: general.some(({ rule }) => rule === 'min_bytes') ? 95 : 90,
    ...mostBytes(general),
  };
}

function fillOf(rules: Rule[]): number {
  const { at_least: least = 0, at_most: most = 1 } = rules.find(({ rule }) => rule === 'fill') ?? {};
  const wanted = Math.max(least + MARGIN, Math.min(most - MARGIN, FILL));
  return Math.round(wanted * 100) / 100;
}

function boxOf(rules: Rule[], fill: number): { width: number; height: number } {
  const ratio = rules.find(({ rule }) => rule === 'aspect')?.ratio ?? 1;
  const width = Math.max(LONGER_SIDE * Math.min(1, ratio), ...widthsOf(rules, { ratio, fill }));
  return { width: up(width), height: up(width / ratio) };
}

type Shape = { ratio: number; fill: number };

/** What the channel demands; where it only advises, the least of that. */
function leastWidth(rules: Rule[], shape: Shape): number {
  const ofLevel = (wanted: Level): number[] =>
    widthsOf(
      rules.filter(({ level }) => level === wanted),
      shape,
    );
  const demanded = ofLevel('must');
  return up(demanded.length > 0 ? Math.max(...demanded) : Math.min(...ofLevel('should')));
}

/** The least widths of files of this shape, each by a rule about sides. */
function widthsOf(rules: Rule[], shape: Shape): number[] {
  return rules.flatMap(({ rule, of, at_least: least }) =>
    rule === 'min_sides' && least !== undefined ? [widthFor(of, least, shape)] : [],
  );
}

function widthFor(of: Rule['of'], least: number, { ratio, fill }: Shape): number {
  const ofShorter = least * Math.max(1, ratio);
  switch (of) {
    case 'width':
      return least;
    case 'height':
      return least * ratio;
    case 'longer_side':
      return least * Math.min(1, ratio);
    case 'object_longer_side':
    case 'object_both_sides': // no file is large enough for a thin object: its longer side is what can be promised
      return ofShorter / fill;
    default:
      return ofShorter;
  }
}

function mostBytes(rules: Rule[]): Pick<RenditionInput, 'max_bytes'> {
  const limits = rules.flatMap(({ rule, at_most: most }) =>
    rule === 'max_bytes' && most !== undefined ? [most] : [],
  );
  return limits.length > 0 ? { max_bytes: Math.min(...limits) } : {};
}

function up(pixels: number): number {
  return Math.ceil(pixels - 1e-6);
}
