import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const QUOTED = {
  url: 'https://www.dresma.com/blog/shopify-product-image-requirements-that-you-should-know',
  by: 'third_party',
  note: 'Quotes its help. Older pages have 4472 x 4472 px and 20 megapixels.',
} as const;

export const shopify: Channel = {
  name: 'shopify',
  title: 'Shopify',
  rules: [
    ...sourced(QUOTED, [
      { rule: 'max_sides', of: 'longer_side', at_most: 5_000 },
      { rule: 'max_pixels', at_most: 25 * MB },
      { rule: 'max_bytes', at_most: 20 * MB },
    ]),
    ...advised(QUOTED, [
      { rule: 'min_sides', of: 'both_sides', at_least: 800 },
      { rule: 'min_sides', of: 'longer_side', at_least: 2_048 },
    ]),
  ],
};
