import type { RenditionInput } from './spec.ts';

/** A marketplace's rules for a product's main image. Sides in pixels. */
export type Channel = {
  /** also the name of its preset */
  name: string;
  title: string;
  /** where and when the rules were read */
  source: string;
  /** smaller images are refused */
  minimum: { of: 'both sides' | 'longer side'; pixels: number };
  /** smaller images get a warning or no zoom */
  advised: { of: 'both sides' | 'longer side'; pixels: number };
  maxPixels?: number;
  maxSide?: number;
  /** width plus height */
  maxSidesAdded?: number;
  maxBytes: number;
  rendition: Omit<RenditionInput, 'name'>;
};

const MB = 1_000_000;

export const CHANNELS: readonly Channel[] = [
  {
    name: 'amazon',
    title: 'Amazon',
    source: 'third-party pages that agree with each other, November 2026',
    minimum: { of: 'longer side', pixels: 500 },
    advised: { of: 'longer side', pixels: 1000 },
    maxSide: 10_000,
    maxBytes: 10 * MB,
    rendition: { width: 2000, height: 2000, quality: 85, background: '#ffffff', max_bytes: 10 * MB },
  },
  {
    name: 'google',
    title: 'Google Shopping',
    source: "the channel's own pages, November 2026; 500 x 500 is the rule from 2027-01-31, 100 before",
    minimum: { of: 'both sides', pixels: 500 },
    advised: { of: 'both sides', pixels: 1500 },
    maxPixels: 64_000_000,
    maxBytes: 16 * MB,
    rendition: { width: 2000, height: 2000, quality: 85, max_bytes: 16 * MB },
  },
  {
    name: 'walmart',
    title: 'Walmart',
    source: "the channel's own pages, November 2026",
    minimum: { of: 'both sides', pixels: 1500 },
    advised: { of: 'both sides', pixels: 2200 },
    maxBytes: 5 * MB,
    rendition: {
      fit: 'contain',
      width: 2200,
      height: 2200,
      quality: 85,
      background: '#ffffff',
      max_bytes: 5 * MB,
    },
  },
  {
    name: 'ebay',
    title: 'eBay',
    source: "the channel's own pages, November 2026; it warns below 1000 px and JPEG quality 90",
    minimum: { of: 'longer side', pixels: 500 },
    advised: { of: 'longer side', pixels: 1600 },
    maxSidesAdded: 12_000,
    maxBytes: 12 * MB,
    rendition: { width: 1600, height: 1600, quality: 90, max_bytes: 12 * MB },
  },
  {
    name: 'etsy',
    title: 'Etsy',
    source: 'third-party pages that agree with each other, November 2026',
    minimum: { of: 'both sides', pixels: 635 },
    advised: { of: 'longer side', pixels: 2000 },
    maxBytes: 10 * MB,
    rendition: { width: 2000, height: 2000, quality: 85, max_bytes: 10 * MB },
  },
  {
    name: 'shopify',
    title: 'Shopify',
    source: 'third-party pages that agree with each other, November 2026',
    minimum: { of: 'longer side', pixels: 1 },
    advised: { of: 'longer side', pixels: 2048 },
    maxPixels: 20_000_000,
    maxSide: 4472,
    maxBytes: 20 * MB,
    rendition: { width: 2048, height: 2048, quality: 85, max_bytes: 20 * MB },
  },
];
