import type { Measured } from './judged.ts';
import type { Rule } from './rule.ts';
import type { RuleVerdict, Verdict } from './verdict.ts';

/** What a picture does not meet: `failed` of rules that it must, `advised` of those that it should. */
export type VerdictWords = { failed: string[]; advised: string[]; unknown: string[] };

/** A verdict in words, such as `min_sides 420 < 500`. Advice about a limit that a must has failed is left out. */
export function wordsOf({ rules }: Verdict): VerdictWords {
  const open = rules.filter(({ result }) => result !== 'pass');
  const failed = open.filter(({ level, result }) => result === 'fail' && level === 'must');
  const isFailed = ({ rule, of }: Rule): boolean =>
    failed.some((other) => other.rule.rule === rule && other.rule.of === of);
  const advised = open.filter(
    ({ rule, level, result }) => result === 'fail' && level === 'should' && !isFailed(rule),
  );
  const unknown = open.flatMap(({ rule, result }) => (result === 'unknown' ? [rule.rule] : []));
  return { failed: failed.map(inWords), advised: advised.map(inWords), unknown: [...new Set(unknown)] };
}

/** `min_sides 420 < 500`, `format gif, not jpeg/png` */
function inWords({ rule, measured, required }: RuleVerdict): string {
  const name = rule.of === undefined || rule.of === 'both_sides' ? rule.rule : `${rule.rule} of ${rule.of}`;
  const limit = limitOf(rule, measured, required);
  if (limit === undefined) return `${name} ${measured}, not ${required}`;
  return `${name} ${measured} ${Number(measured) < limit ? '<' : '>'} ${limit}`;
}

/** The limit that a number does not keep; undefined for what is not about more and less. */
function limitOf(
  { at_least: least, at_most: most, ratio }: Rule,
  measured: Measured | null,
  required: Measured,
): number | undefined {
  if (typeof measured !== 'number' || ratio !== undefined) return undefined;
  if (typeof required === 'number') return required;
  return least !== undefined && measured < least ? least : most;
}
