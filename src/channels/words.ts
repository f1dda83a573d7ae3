import type { Rule } from './rule.ts';
import type { RuleVerdict, Verdict } from './verdict.ts';

/** What a picture does not meet: `failed` of rules that it must, `advised` of those that it should. */
export type VerdictWords = { failed: string[]; advised: string[]; unknown: string[] };

/** A verdict in words, such as `min_sides 420 < 500`. Advice about a limit that a must has failed is left out. */
export function wordsOf({ rules }: Verdict): VerdictWords {
  const failed = rules.filter(({ level, result }) => result === 'fail' && level === 'must');
  const isFailed = ({ rule, of }: Rule): boolean =>
    failed.some((other) => other.rule.rule === rule && other.rule.of === of);
  const advised = rules.filter(
    ({ rule, level, result }) => result === 'fail' && level === 'should' && !isFailed(rule),
  );
  const unknown = rules.flatMap(({ rule, result }) => (result === 'unknown' ? [rule.rule] : []));
  return { failed: failed.map(inWords), advised: advised.map(inWords), unknown: [...new Set(unknown)] };
}

/** `min_sides 420 < 500`, `format gif, not jpeg/png` */
export function inWords({ rule, measured, required }: RuleVerdict): string {
  const name = rule.of === undefined || rule.of === 'both_sides' ? rule.rule : `${rule.rule} of ${rule.of}`;
  if (typeof measured !== 'number' || rule.ratio !== undefined) return `${name} ${measured}, not ${required}`;
  const isLess = rule.at_least !== undefined && measured < rule.at_least;
  const sign = isLess ? '<' : '>';
  return `${name} ${measured} ${sign} ${(isLess ? rule.at_least : rule.at_most) ?? required}`;
}
