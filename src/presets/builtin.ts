import { CHANNELS } from './channels.ts';
import { type Preset, withDefaults } from './spec.ts';

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
  ...CHANNELS.map(({ name, title, rendition }) => ({
    name,
    description: `The main image of a product on ${title}`,
    renditions: [withDefaults({ name: 'main', ...rendition })],
  })),
];

export const DEFAULT_PRESET = 'web';
