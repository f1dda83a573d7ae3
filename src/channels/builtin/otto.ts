import type { Channel } from '../rule.ts';
import { advised, sourced } from './sourced.ts';

const LENGOW = { url: 'https://help.lengow.com', by: 'quoted' } as const;
const SIZES = {
  url: 'https://portal.marcos-software.de',
  by: 'quoted',
  note: '500 x 1000, older pages 480 x 960; which side is which is not said.',
} as const;

export const otto: Channel = {
  name: 'otto',
  title: 'OTTO',
  rules: [
    ...sourced(SIZES, [
      { rule: 'min_sides', of: 'both_sides', at_least: 500 },
      { rule: 'min_sides', of: 'longer_side', at_least: 1_000 },
      { rule: 'max_sides', of: 'longer_side', at_most: 4_500 },
    ]),
    ...sourced(LENGOW, [
      { rule: 'format', one_of: ['jpeg', 'png'] },
      { rule: 'colour_space', one_of: ['rgb'] },
    ]),
    ...advised(LENGOW, [
      { rule: 'fill', at_least: 0.85, slots: 'main' },
      { rule: 'plain', slots: 'main' },
    ]),
  ],
};
