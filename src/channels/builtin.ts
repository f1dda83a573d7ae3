import { amazon } from './builtin/amazon.ts';
import { bol } from './builtin/bol.ts';
import { decathlon } from './builtin/decathlon.ts';
import { ebay } from './builtin/ebay.ts';
import { etsy } from './builtin/etsy.ts';
import { google } from './builtin/google.ts';
import { meta } from './builtin/meta.ts';
import { otto } from './builtin/otto.ts';
import { shopify } from './builtin/shopify.ts';
import { tiktok } from './builtin/tiktok.ts';
import { walmart } from './builtin/walmart.ts';
import { zalando } from './builtin/zalando.ts';
import type { Channel } from './rule.ts';

/**
 * The rules of marketplaces for pictures of products. Nobody has `placeholder` and `twice` yet, although several
 * forbid both: they are unknown until wrong pictures are found.
 */
export const BUILTIN_CHANNELS: readonly Channel[] = [
  google,
  amazon,
  walmart,
  ebay,
  bol,
  zalando,
  otto,
  tiktok,
  meta,
  etsy,
  shopify,
  decathlon,
];
