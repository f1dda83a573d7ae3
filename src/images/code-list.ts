import { nearest } from '../nearest.ts';
import { wrongParameter } from '../http/flaws.ts';
import { ListOf, valuesOf } from '../http/lists.ts';
import { IMAGE_PROBLEMS } from '../pipeline/image-problems.ts';

const CODES = Object.keys(IMAGE_PROBLEMS);

/** The query parameter `code` of lists of images. */
export const CodeList = ListOf(
  'Only images that failed with this error code, one of those in docs/errors.md',
);

/**
 * The codes of a `CodeList`. The list of codes is closed: a typo would look like "nothing has failed".
 * @throws Problem `bad_request`
 */
export function imageCodesOf(list: string | undefined): string[] | undefined {
  const codes = valuesOf(list);
  for (const code of codes ?? []) {
    if (CODES.includes(code)) continue;
    const meant = nearest(code, CODES);
    const advice = meant === undefined ? `There are ${CODES.join(', ')}.` : `Did you mean "${meant}"?`;
    throw wrongParameter('code', `It has "${code}", which is no error code of images. ${advice}`);
  }
  return codes;
}
