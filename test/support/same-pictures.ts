import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, json } from './minilab.ts';

export type SamePictures = {
  counts: Record<'twice' | 'shared' | 'variants' | 'placeholder', number>;
  items: {
    group: number;
    kind: string;
    marked: string | null;
    marked_as: string | null;
    reason: string | null;
    images: number;
    products: number;
    contents: number;
    distance: number;
    host: string | null;
    example: { slot: number; sha256: string; url: string };
    skus: string[];
  }[];
  next_cursor: string | null;
  pending: boolean;
};

/** What is the same in a batch that has ended, once it is known. */
export async function untilGrouped({ links: { self } }: Pick<Batch, 'links'>): Promise<SamePictures> {
  for (const until = Date.now() + 60_000; ;) {
    const found = await json<SamePictures>(fetch(`${self}/same-pictures`));
    if (!found.pending) return found;
    if (Date.now() > until) throw new Error('the groups of the batch were not found');
    await sleep(200);
  }
}
