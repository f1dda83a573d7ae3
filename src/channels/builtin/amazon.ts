import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const PICTURES = { url: 'https://sellercentral.amazon.com/gp/help/200498950', by: 'channel' } as const;
const FILES = {
  url: 'https://sellercentral.amazon.com/gp/help/external/G9FUUH87RBNXGKB7',
  by: 'channel',
} as const;
const QUOTED = { url: 'https://help.e-tailize.com', by: 'quoted' } as const;
const OTHERS = {
  url: 'https://imagewand.app/blog/amazon-product-image-requirements-seller-guide',
  by: 'third_party',
} as const;

export const amazon: Channel = {
  name: 'amazon',
  title: 'Amazon',
  rules: [
    ...sourced({ ...QUOTED, note: 'Its own page only speaks of 1,000 px for zoom.' }, [
      { rule: 'min_sides', of: 'longer_side', at_least: 500 },
    ]),
    ...sourced(FILES, [
      { rule: 'max_sides', of: 'longer_side', at_most: 10_000 },
      { rule: 'format', one_of: ['jpeg', 'png', 'tiff', 'gif'] },
      { rule: 'not_moving' },
    ]),
    ...sourced({ ...OTHERS, note: 'Many pages agree; its own does not say it.' }, [
      { rule: 'max_bytes', at_most: 10 * MB },
    ]),
    ...sourced(PICTURES, [{ rule: 'background_white', slots: 'main' }]),
    ...advised(FILES, [{ rule: 'min_sides', of: 'longer_side', at_least: 1_000 }]),
    ...advised({ ...QUOTED, note: 'For the best zoom' }, [
      { rule: 'min_sides', of: 'longer_side', at_least: 1_600 },
    ]),
    ...advised(
      { ...PICTURES, note: 'Read as the larger side of the object: a bottle cannot fill 85 % of a square.' },
      [{ rule: 'fill', at_least: 0.85, slots: 'main' }],
    ),
    ...advised(PICTURES, [
      { rule: 'cut_off', slots: 'main' },
      { rule: 'not_empty', slots: 'main' },
      { rule: 'aspect', ratio: 0.75, within: 0.1, category: 'apparel', slots: 'main' },
    ]),
  ],
};
