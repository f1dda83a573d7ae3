import { type Rule, type RuleInput, type RuleSource, withDefaults } from '../rule.ts';

export const MB = 1_000_000;

/** When all sources were last read. A test fails when a year has passed. */
const SEEN = '2026-11';

/** Rules with the page where they were read. */
export function sourced(source: Omit<RuleSource, 'seen'>, rules: RuleInput[]): Rule[] {
  return rules.map((rule) => withDefaults({ ...rule, source: { ...source, seen: SEEN } }));
}

/** The same rules as advice. */
export function advised(source: Omit<RuleSource, 'seen'>, rules: RuleInput[]): Rule[] {
  return sourced(
    source,
    rules.map((rule) => ({ ...rule, level: 'should' })),
  );
}
