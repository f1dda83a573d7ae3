import type { Channel } from '../rule.ts';
import { advised, MB, sourced } from './sourced.ts';

const POLICY = {
  url: 'https://www.ebay.com/help/policies/listing-policies/picture-policy?id=4370',
  by: 'channel',
} as const;
const API = {
  url: 'https://developer.ebay.com/support',
  by: 'channel',
  note: 'Article 1489 of its knowledge base.',
} as const;
const CATALOGUE = {
  url: 'https://developer.ebay.com/devzone/merchant-products/catalog-best-practices_de/content/images.html',
  by: 'channel',
  note: 'Others quote width + height up to 12,000 px.',
} as const;

/** Borders, which its policy forbids, are not measured. */
export const ebay: Channel = {
  name: 'ebay',
  title: 'eBay',
  rules: [
    ...sourced(POLICY, [{ rule: 'min_sides', of: 'longer_side', at_least: 500 }]),
    ...sourced({ ...POLICY, note: 'Not allowed: placeholder images used to convey messages.' }, [
      { rule: 'placeholder' },
    ]),
    ...sourced(CATALOGUE, [
      { rule: 'max_sides', of: 'longer_side', at_most: 9_000 },
      { rule: 'max_bytes', at_most: 12 * MB },
    ]),
    ...sourced(API, [{ rule: 'url_https' }]),
    ...advised({ ...API, note: 'Its API warns below: article 1489 of its knowledge base.' }, [
      { rule: 'min_sides', of: 'longer_side', at_least: 1_000 },
      { rule: 'jpeg_quality', at_least: 90 },
    ]),
    ...advised(API, [{ rule: 'min_sides', of: 'longer_side', at_least: 1_600 }]),
  ],
};
