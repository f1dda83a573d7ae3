import type { Channel } from '../rule.ts';
import { sourced } from './sourced.ts';

const FAQ = {
  url: 'https://www.decathlon.com',
  by: 'channel',
  note: 'The FAQ for its sellers: it needs an account. 10,240 KB are read as 1,000 bytes each.',
} as const;

/** An operator of Mirakl, which has no rules of its own: each operator sets some. */
export const decathlon: Channel = {
  name: 'decathlon',
  title: 'Decathlon',
  rules: [
    ...sourced(FAQ, [
      { rule: 'max_bytes', at_most: 10_240_000 },
      { rule: 'background_white', colour: '#f2f3f4', slots: 'main' },
    ]),
  ],
};
