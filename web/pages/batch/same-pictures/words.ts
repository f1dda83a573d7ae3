import type { SamePicture } from '../../../api/types.ts';
import { count, number } from '../../../data/format.ts';

export type Kind = SamePicture['kind'];

export const KINDS: { id: Kind; name: string }[] = [
  { id: 'placeholder', name: 'Placeholders' },
  { id: 'shared', name: 'On several products' },
  { id: 'twice', name: 'Twice in a product' },
  { id: 'variants', name: 'Variants' },
];

/** What a group means to a shop. */
export function titleOf({ kind, marked, images, products }: SamePicture): string {
  const onProducts = `${count(images, 'image')} of ${count(products, 'product')}`;
  switch (kind) {
    case 'placeholder':
      return marked
        ? `A sign for a missing picture: ${onProducts}`
        : `Perhaps a sign for a missing picture: ${onProducts}`;
    case 'shared':
      return `Several products share it: ${onProducts}`;
    case 'twice':
      return `It stands several times in one product: ${onProducts}`;
    case 'variants':
      return `Variants share it: ${onProducts}`;
  }
}

/** How far the files are from each other. */
export function likenessOf({ contents, distance }: SamePicture): string {
  if (contents === 1) return 'The same file every time';
  if (distance === 0) return `${number(contents)} files that look the same`;
  return `${number(contents)} files that look the same (${distance} of 256 bits differ at most)`;
}
