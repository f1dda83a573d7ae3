import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const SPECS = {
  url: 'https://emberfeed.com/specs/tiktok-shop-image-requirements-2026',
  by: 'third_party',
} as const;
const ANGLES = {
  url: 'https://www.duoke.com/en/blog/article/115-Avoiding-Listing-Failures-The-Ultimate-Guide-to-Successful-TikTok-Shop-Product-Listings',
  by: 'third_party',
  note: 'It speaks of several images of the same angle; only the same image is found.',
} as const;
const WHITE = {
  url: 'https://imagespeccheck.com/tools/tiktok-shop-image',
  by: 'third_party',
  note: 'Pages disagree whether white is demanded.',
} as const;

export const tiktok: Channel = {
  name: 'tiktok',
  title: 'TikTok Shop',
  rules: [
    ...sourced(SPECS, [
      { rule: 'min_sides', of: 'both_sides', at_least: 600 },
      { rule: 'max_bytes', at_most: 5 * MB },
      { rule: 'format', one_of: ['jpeg', 'png'] },
    ]),
    ...advised(SPECS, [
      { rule: 'min_sides', of: 'both_sides', at_least: 800 },
      { rule: 'max_sides', of: 'longer_side', at_most: 6_000 },
      { rule: 'aspect', ratio: 1 },
      { rule: 'fill', at_least: 0.8, slots: 'main' },
    ]),
    ...advised(ANGLES, [{ rule: 'twice' }]),
    ...advised(WHITE, [{ rule: 'background_white', slots: 'main' }]),
  ],
};
