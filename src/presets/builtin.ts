import type { Preset } from './spec.ts';

const WHITE = '#ffffff';

export const BUILTIN_PRESETS: readonly Preset[] = [
  {
    name: 'web',
    description: "For a shop's pages: a large JPEG and a thumbnail",
    renditions: [
      { name: 'full', width: 1600, height: 1600, format: 'jpeg', quality: 80, background: WHITE },
      { name: 'thumb', width: 400, height: 400, format: 'jpeg', quality: 78, background: WHITE },
    ],
  },
];

export const DEFAULT_PRESET = 'web';

export function findPreset(name: string): Preset | undefined {
  return BUILTIN_PRESETS.find((preset) => preset.name === name);
}
