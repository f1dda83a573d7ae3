/** Marks: what somebody said of a picture, and which pictures they hold for. */
import { isSameLook, type Look, lookDistance } from './same-look.ts';

/** `placeholder`: a supplier's sign for a missing picture. `allowed`: never taken for one. */
export const MARK_KINDS = ['placeholder', 'allowed'] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** `look` is null without structure. */
export type Picture = { sha256: Buffer; look: Look | null };

export type Mark = Picture & { kind: MarkKind };

/** What becomes of images that are marked placeholders: they fail, or are made and told. */
export const ON_PLACEHOLDER = ['fail', 'warn'] as const;
export type OnPlaceholder = (typeof ON_PLACEHOLDER)[number];

/** The mark that holds for a picture: that of its content, else of the picture that it resembles most. */
export function markOf(marks: readonly Mark[], picture: Picture): Mark | undefined {
  return marks.find(({ sha256 }) => sha256.equals(picture.sha256)) ?? mostSimilar(marks, picture);
}

/** Of two that are as similar, one that allows the picture. */
function mostSimilar(marks: readonly Mark[], { look }: Picture): Mark | undefined {
  if (look === null) return undefined;
  const similar = marks.flatMap((mark) =>
    mark.look && isSameLook(mark.look, look)
      ? [{ mark, distance: lookDistance(mark.look.hash, look.hash) - (mark.kind === 'allowed' ? 0.5 : 0) }]
      : [],
  );
  return similar.toSorted((a, b) => a.distance - b.distance)[0]?.mark;
}
