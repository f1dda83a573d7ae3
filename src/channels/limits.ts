import type { RuleId, RuleInput } from './rule.ts';

type Field = Exclude<keyof RuleInput, 'rule' | 'level' | 'slots' | 'category' | 'from' | 'until' | 'source'>;

/** The limits of a rule: it has one of `needs` at least, if there are any, and may have those of `takes`. */
type Limits = { needs: Field[]; takes: Field[] };

const least: Limits = { needs: ['at_least'], takes: [] };
const most: Limits = { needs: ['at_most'], takes: [] };
const none: Limits = { needs: [], takes: [] };

export const LIMITS: Record<RuleId, Limits> = {
  min_sides: { needs: ['at_least'], takes: ['of'] },
  max_sides: { needs: ['at_most'], takes: ['of'] },
  max_pixels: most,
  min_bytes: least,
  max_bytes: most,
  format: { needs: ['one_of'], takes: [] },
  aspect: { needs: ['ratio'], takes: ['within'] },
  background_white: { needs: [], takes: ['colour'] },
  plain: none,
  fill: { needs: ['at_least', 'at_most'], takes: [] },
  cut_off: none,
  not_empty: none,
  not_transparent: none,
  jpeg_quality: least,
  colour_space: { needs: ['one_of'], takes: ['at_most'] },
  not_moving: none,
  url_https: none,
  url_port: { needs: ['one_of'], takes: [] },
  url_no_query: none,
  url_extension: none,
  url_ascii: none,
  url_length: most,
  placeholder: none,
  twice: none,
  maybe_enlarged: { needs: [], takes: ['at_least'] },
};

export const LIMIT_FIELDS: readonly Field[] = [
  'of',
  'at_least',
  'at_most',
  'one_of',
  'colour',
  'ratio',
  'within',
];
