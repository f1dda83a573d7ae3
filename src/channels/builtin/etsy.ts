import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const CHECKLIST = { url: 'https://hauld.app/blog/etsy-listing-photo-checklist', by: 'third_party' } as const;

export const etsy: Channel = {
  name: 'etsy',
  title: 'Etsy',
  rules: [
    ...sourced(CHECKLIST, [
      { rule: 'max_bytes', at_most: 10 * MB },
      { rule: 'format', one_of: ['jpeg', 'png', 'gif'] },
    ]),
    ...advised({ ...CHECKLIST, note: 'Pages disagree whether the longer or the shorter side is meant.' }, [
      { rule: 'min_sides', of: 'longer_side', at_least: 2_000 },
    ]),
    ...advised({ ...CHECKLIST, note: 'Other pages; the first picture is shown from this size.' }, [
      { rule: 'min_sides', of: 'both_sides', at_least: 635, slots: 'main' },
    ]),
  ],
};
