import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const ERRORS = {
  url: 'https://resources.businessonbot.com/frequently-asked-questions-faqs/why-are-there-a-lot-of-errors-in-my-catalog',
  by: 'third_party',
} as const;
const SPECS = { url: 'https://feedon.ai', by: 'third_party' } as const;

export const meta: Channel = {
  name: 'meta',
  title: 'Meta (Facebook and Instagram)',
  rules: [
    ...sourced(ERRORS, [
      { rule: 'min_sides', of: 'both_sides', at_least: 500 },
      { rule: 'format', one_of: ['jpeg', 'png'] },
    ]),
    ...sourced(SPECS, [{ rule: 'max_bytes', at_most: 8 * MB }]),
    ...advised(SPECS, [
      { rule: 'min_sides', of: 'both_sides', at_least: 1_024 },
      { rule: 'aspect', ratio: 1 },
    ]),
  ],
};
