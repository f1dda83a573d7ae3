import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const GUIDE = {
  url: 'https://partnerplatform.bol.com/en/need-help/productinformation/optimise-images/',
  by: 'channel',
} as const;
const OF_OBJECT = {
  ...GUIDE,
  note: 'The page says 500 x 500 to 6000 x 6000, and that white space does not count. A bottle is not square, so its longer side must have 500 px, and its shorter one should.',
} as const;

export const bol: Channel = {
  name: 'bol',
  title: 'bol',
  rules: [
    ...sourced(OF_OBJECT, [
      { rule: 'min_sides', of: 'object_longer_side', at_least: 500 },
      { rule: 'max_sides', of: 'object_longer_side', at_most: 6_000 },
    ]),
    ...sourced(GUIDE, [
      { rule: 'min_bytes', at_least: 30_000 },
      { rule: 'max_bytes', at_most: 10 * MB },
    ]),
    ...sourced({ ...GUIDE, note: 'White and neutral: shadows are not measured.' }, [
      { rule: 'background_white', slots: 'main' },
    ]),
    ...advised(OF_OBJECT, [{ rule: 'min_sides', of: 'object_both_sides', at_least: 500 }]),
    ...advised(GUIDE, [{ rule: 'min_sides', of: 'both_sides', at_least: 1_200 }]),
  ],
};
