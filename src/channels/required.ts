import type { Measured } from './judged.ts';
import type { Rule, RuleId } from './rule.ts';

/** Sharpness below which a picture looks enlarged: photographs have 0.22 and more, enlarged twofold 0.16 to 0.25. */
export const SOFT = 0.15;

export const LONGEST_URL = 2_000;

/** What a rule demands of any picture. */
export function requiredOf(rule: Rule): Measured {
  const { at_least: least, at_most: most, one_of: allowed, ratio, colour } = rule;
  if (allowed) return allowed.join('/');
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (ratio !== undefined) return Math.round(ratio * 1000) / 1000;
  return least ?? most ?? colour ?? DEMANDS[rule.rule] ?? 'yes';
}

const DEMANDS: Partial<Record<RuleId, Measured>> = {
  background_white: '#ffffff',
  plain: 'plain',
  cut_off: 'none',
  not_empty: 'an object',
  not_transparent: 'opaque',
  not_moving: 'still',
  url_https: 'https',
  url_no_query: 'none',
  url_extension: 'that of the format',
  url_ascii: 'ASCII',
  url_length: LONGEST_URL,
  placeholder: 'a picture',
  twice: 'once',
  maybe_enlarged: SOFT,
};
