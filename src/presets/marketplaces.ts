import type { RenditionInput } from './input.ts';

const MB = 1_000_000;

/** The main image of a product on a marketplace, by its channel's name. A test holds them against its rules. */
export const MARKETPLACE_RENDITIONS: Record<string, Omit<RenditionInput, 'name'>> = {
  amazon: { width: 2000, height: 2000, quality: 85, background: '#ffffff', max_bytes: 10 * MB },
  google: { width: 2000, height: 2000, quality: 85, max_bytes: 16 * MB },
  walmart: {
    fit: 'contain',
    width: 2200,
    height: 2200,
    quality: 85,
    background: '#ffffff',
    max_bytes: 5 * MB,
  },
  ebay: { width: 1600, height: 1600, quality: 90, max_bytes: 12 * MB },
  etsy: { width: 2000, height: 2000, quality: 85, max_bytes: 10 * MB },
  shopify: { width: 2048, height: 2048, quality: 85, max_bytes: 20 * MB },
};
