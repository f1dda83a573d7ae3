import type { CheckChoice, CheckFilter } from '../../channels/check-query.ts';
import { requiredOf } from '../../channels/required.ts';
import type { RuleVerdict, Verdict } from '../../channels/verdict.ts';
import { type ImageFilter, imagesOf } from '../../images/image.queries.ts';
import type { BatchCheck } from './check.ts';
import { type CheckParts, openCheck } from './open-check.ts';

/** At most so many images are looked at for one page, which may then be short. */
const LOOKED_AT = 10_000;
const AT_ONCE = 1_000;

/** `next`: after which slot the next page begins; undefined: there is none. */
type CheckedSlots = { slots: number[]; next: number | undefined };

type Wanted = Pick<CheckFilter, 'verdict' | 'rule' | 'result' | 'level' | 'required'>;

/** Finds the slots of a page of images with a verdict. `filter.limit` is that of the page. */
export function findChecked(parts: CheckParts) {
  return async (
    filter: ImageFilter,
    { channel, choice, ...wanted }: CheckFilter & { channel: string; choice: CheckChoice },
  ): Promise<CheckedSlots> => {
    const check = await openCheck(parts, filter, { names: [channel], parameter: 'channel', choice });
    return await checkedSlots(check, filter, wanted);
  };
}

async function checkedSlots(check: BatchCheck, filter: ImageFilter, wanted: Wanted): Promise<CheckedSlots> {
  const slots: number[] = [];
  let { afterSlot } = filter;
  for (let looked = 0; looked < LOOKED_AT; looked += AT_ONCE) {
    const page = await check.pageOf(imagesOf({ ...filter, afterSlot, limit: AT_ONCE }));
    for (const { row, verdicts } of page) {
      afterSlot = row.slot;
      if (verdicts.some((verdict) => isWanted(verdict, wanted)) && slots.push(row.slot) === filter.limit)
        return { slots, next: afterSlot };
    }
    if (page.length < AT_ONCE) return { slots, next: undefined };
  }
  return { slots, next: afterSlot };
}

function isWanted(
  { verdict, rules }: Verdict,
  { verdict: word, rule, level, required, result = word === 'unknown' ? 'unknown' : 'fail' }: Wanted,
): boolean {
  if (word !== undefined && verdict !== word) return false;
  const isOne = (one: RuleVerdict): boolean =>
    one.rule.rule === rule &&
    one.result === result &&
    (level === undefined || one.level === level) &&
    (required === undefined || String(requiredOf(one.rule)) === required);
  return rule === undefined || rules.some(isOne);
}
