import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const LINKS = { url: 'https://support.google.com/merchants/answer/6324350', by: 'channel' } as const;
const PICTURES = { url: 'https://support.google.com/merchants/answer/6205396', by: 'channel' } as const;
const NOTICE = {
  ...LINKS,
  note: 'The notice of 2027-01-31 stands in the pt, ja, ar and zh editions of the page. What follows for a product is told by others only: warnings since 2026-04-14, then disapproval.',
} as const;
const QUOTED = { url: 'https://sharpfeed.io/docs/fields/image-link', by: 'quoted' } as const;
const OTHERS = {
  url: 'https://emberfeed.com/specs/google-merchant-image-requirements-2026',
  by: 'third_party',
} as const;

export const google: Channel = {
  name: 'google',
  title: 'Google Shopping',
  rules: [
    ...sourced(PICTURES, [
      { rule: 'min_sides', of: 'both_sides', at_least: 100, until: '2027-01-30' },
      { rule: 'min_sides', of: 'both_sides', at_least: 250, category: 'apparel', until: '2027-01-30' },
    ]),
    ...sourced(NOTICE, [{ rule: 'min_sides', of: 'both_sides', at_least: 500, from: '2027-01-31' }]),
    ...sourced(PICTURES, [
      { rule: 'max_pixels', at_most: 64 * MB },
      { rule: 'max_bytes', at_most: 16 * MB },
    ]),
    ...sourced(LINKS, [
      { rule: 'format', one_of: ['jpeg', 'webp', 'png', 'gif', 'bmp', 'tiff'] },
      { rule: 'url_ascii' },
      { rule: 'url_length', at_most: 2_000 },
    ]),
    ...advised({ ...LINKS, note: 'The page says that the extension should correspond to the format.' }, [
      { rule: 'url_extension' },
    ]),
    ...advised(PICTURES, [
      { rule: 'min_sides', of: 'both_sides', at_least: 1_500 },
      { rule: 'fill', at_least: 0.75, at_most: 0.9, slots: 'main' },
      { rule: 'not_empty' },
      { rule: 'maybe_enlarged' },
    ]),
    ...advised({ ...QUOTED, note: 'No placeholders, icons, or logos.' }, [{ rule: 'placeholder' }]),
    ...advised({ ...OTHERS, note: "Google's own page only lists GIF." }, [{ rule: 'not_moving' }]),
  ],
};
