import { type Mark, markOf, type OnPlaceholder, type Picture } from './marks.ts';
import { ImageProblem } from './problems.ts';

/** How the sources of an image are judged. */
export type Judging = {
  /** of its tenant */
  marks: readonly Mark[];
  placeholders: OnPlaceholder;
};

/** `problem`: it ends the image. */
type Judged = { isPlaceholder: boolean; problem?: ImageProblem };

/** Judges a source by the marks of its tenant. */
export function judge({ marks, placeholders }: Judging, picture: Picture): Judged {
  const mark = markOf(marks, picture);
  if (mark?.kind !== 'placeholder') return { isPlaceholder: false };
  if (placeholders === 'warn') return { isPlaceholder: true };
  return { isPlaceholder: true, problem: new ImageProblem('placeholder_image', detailOf(mark, picture)) };
}

/** It names what PUT and DELETE /v1/pictures/{sha256} need. */
function detailOf(mark: Mark, picture: Picture): string {
  const marked = mark.sha256.toString('hex');
  const own = picture.sha256.toString('hex');
  return own === marked
    ? `it is the marked picture ${marked}`
    : `it looks like the marked picture ${marked}; its own SHA-256 is ${own}`;
}
