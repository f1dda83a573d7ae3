import type { BatchContents } from './contents.ts';
import type { Found } from './found.ts';
import type { SharingProducts } from './products.ts';

/** What a group means to a shop. `isVariants`: what it is if it is no placeholder. */
export type Kind = {
  kind: 'twice' | 'shared' | 'variants' | 'placeholder';
  isVariants: boolean;
  /** why it may be a placeholder */
  reason: string | null;
};

export const TWICE: Kind = { kind: 'twice', isVariants: false, reason: null };

export function kindOf(found: Found, products: SharingProducts, batch: BatchContents): Kind {
  const isVariants = products.areVariants;
  const why = products.areDifferent ? whyPlaceholder(found, batch) : undefined;
  if (why === undefined) return { kind: isVariants ? 'variants' : 'shared', isVariants, reason: null };
  const reason = `${found.products.toLocaleString('en')} products with different names have it, and ${why}.`;
  return { kind: 'placeholder', isVariants, reason };
}

/** The second half of a sentence. */
function whyPlaceholder({ content, isNamed }: Found, batch: BatchContents): string | undefined {
  if (batch.isEmpty[content] === 1) return 'it shows nothing';
  if (batch.isDrawn[content] === 1) return 'it is drawn with few colours';
  return isNamed ? 'its address names it as a placeholder' : undefined;
}
