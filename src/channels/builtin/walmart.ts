import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const GUIDE = {
  url: 'https://marketplacelearn.walmart.com/guides/Item%20setup/Item%20content,%20imagery,%20and%20media/Product-detail-page:-Image-guidelines-&-requirements',
  by: 'channel',
  note: 'The page is of 2025-07-15.',
} as const;

export const walmart: Channel = {
  name: 'walmart',
  title: 'Walmart',
  rules: [
    ...sourced(GUIDE, [
      { rule: 'max_bytes', at_most: 5 * MB },
      { rule: 'format', one_of: ['jpeg', 'png', 'bmp'] },
      { rule: 'colour_space', one_of: ['rgb'], at_most: 8 },
      { rule: 'aspect', ratio: 1 },
      { rule: 'background_white', slots: 'main' },
      { rule: 'url_no_query' },
      { rule: 'url_port', one_of: [80, 443, 8080, 8443] },
      { rule: 'url_extension' },
    ]),
    ...advised(GUIDE, [
      { rule: 'min_sides', of: 'both_sides', at_least: 1_500 },
      { rule: 'min_sides', of: 'both_sides', at_least: 2_200 },
    ]),
  ],
};
