import { BUILTIN_CHANNELS } from '../channels/builtin.ts';
import { FIXED_CHANNELS, fixOf } from './fixes.ts';
import { MARKETPLACE_RENDITIONS } from './marketplaces.ts';
import { type Preset, withDefaults } from './spec.ts';

const FIX = '-fix';

const GENERAL: readonly Preset[] = [
  {
    name: 'web',
    description: "For a shop's pages: a large JPEG and a thumbnail",
    renditions: [
      withDefaults({ name: 'full', width: 1600, height: 1600, quality: 80 }),
      withDefaults({ name: 'thumb', width: 400, height: 400, quality: 78 }),
    ],
  },
  {
    name: 'half-quality',
    description: 'The size of the source, as JPEG of quality 50',
    renditions: [withDefaults({ name: 'full', quality: 50 })],
  },
  {
    name: 'web-modern',
    description: 'Like web, as WebP: smaller files for two to three times the CPU',
    renditions: [
      withDefaults({ name: 'full', width: 1600, height: 1600, format: 'webp', quality: 80 }),
      withDefaults({ name: 'thumb', width: 400, height: 400, format: 'webp', quality: 75 }),
    ],
  },
];

export const BUILTIN_PRESETS: readonly Preset[] = [
  ...GENERAL,
  ...Object.entries(MARKETPLACE_RENDITIONS).map(([name, rendition]) => ({
    name,
    description: `The main image of a product on ${titleOf(name)}`,
    renditions: [withDefaults({ name: 'main', ...rendition })],
  })),
  ...BUILTIN_CHANNELS.filter(({ name }) => FIXED_CHANNELS.includes(name)).map((channel) => ({
    name: `${channel.name}${FIX}`,
    description: `The main image of a product for the rules of ${channel.title}: the product in the middle of its white background, as large as they want it`,
    renditions: [withDefaults({ name: 'main', ...fixOf(channel) })],
  })),
];

/** The channel for which a built-in preset makes main images; undefined: none. */
export function channelOf(preset: string): string | undefined {
  const channel = preset.endsWith(FIX) ? preset.slice(0, -FIX.length) : preset;
  const isOfChannel =
    channel === preset ? Object.hasOwn(MARKETPLACE_RENDITIONS, preset) : FIXED_CHANNELS.includes(channel);
  return isOfChannel ? channel : undefined;
}

export const DEFAULT_PRESET = 'web';

function titleOf(channel: string): string {
  return BUILTIN_CHANNELS.find(({ name }) => name === channel)?.title ?? channel;
}
