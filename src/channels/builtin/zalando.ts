import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const GUIDE = {
  url: 'https://partner.zalando.com/university/article/accessories-image-guide',
  by: 'channel',
  note: 'The page is of 2025-03-03.',
} as const;

export const zalando: Channel = {
  name: 'zalando',
  title: 'Zalando',
  rules: [
    ...sourced(GUIDE, [
      { rule: 'min_sides', of: 'width', at_least: 762 },
      { rule: 'min_sides', of: 'height', at_least: 1_100 },
      { rule: 'aspect', ratio: 1 / 1.44 },
      { rule: 'format', one_of: ['jpeg'] },
      { rule: 'max_bytes', at_most: 20 * MB },
    ]),
    ...advised(GUIDE, [
      { rule: 'min_sides', of: 'width', at_least: 1_801 },
      { rule: 'min_sides', of: 'height', at_least: 2_600 },
      { rule: 'maybe_enlarged' },
    ]),
    ...advised(
      { ...GUIDE, note: 'Demanded of packshots only, which cannot be told from pictures with a model.' },
      [{ rule: 'background_white', slots: 'main' }],
    ),
  ],
};
