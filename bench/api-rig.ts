import type { Origin, Settings } from './rig.ts';

/** What the parts of `api` share. Each has a database and processes of its own, so that none works for another. */
export type ApiRig = { origin: Origin; newSettings(name: string): Promise<Settings> };

export function csvOf(images: number, origin: string): string {
  return `Image\n${Array.from({ length: images }, (_, i) => `${origin}/${i}\n`).join('')}`;
}
