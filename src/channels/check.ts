import { Value } from 'typebox/value';
import { type PointedFlaw, Problem } from '../errors.ts';
import { nameFlaws } from '../name.ts';
import { inWords, schemaErrors } from '../schema-words.ts';
import { LIMIT_FIELDS, LIMITS } from './limits.ts';
import {
  type Channel,
  ChannelInput,
  COLOUR,
  DAY,
  MAX_RULES,
  MONTH,
  RuleInput,
  withDefaults,
} from './rule.ts';

/** @throws Problem `channel_invalid` with all flaws at once */
export function checkChannel(name: string, input: unknown): Channel {
  const flaws = [
    ...nameFlaws(name),
    ...schemaErrors(ChannelInput, input).map((error) => ({
      at: error.instancePath,
      detail: inWords(error, PATTERNS),
    })),
    ...rulesOf(input).flatMap((rule, i) =>
      Value.Check(RuleInput, rule)
        ? ruleFlaws(rule).map(({ at, detail }) => ({ at: `/rules/${i}${at}`, detail }))
        : [],
    ),
  ].map(({ at, detail }): PointedFlaw => ({ at, detail, code: 'invalid_setting' }));
  if (flaws.length > 0)
    throw new Problem('channel_invalid', { detail: `${name}: ${flaws[0]?.detail}`, flaws });
  const { title, rules } = input as ChannelInput;
  return { name, title: title ?? name, rules: rules.map(withDefaults) };
}

const PATTERNS = {
  [DAY]: 'a day such as 2027-01-31',
  [MONTH]: 'a month such as 2026-11',
  [COLOUR]: '#rrggbb in small letters',
};

function rulesOf(input: unknown): unknown[] {
  const { rules } = (input ?? {}) as { rules?: unknown };
  return Array.isArray(rules) ? rules.slice(0, MAX_RULES) : [];
}

type RuleFlaw = Omit<PointedFlaw, 'code'>;

/** Limits that a rule lacks, or that it does not have. */
function ruleFlaws(rule: RuleInput): RuleFlaw[] {
  const { rule: id, at_least: least, at_most: most, from, until } = rule;
  const { needs, takes } = LIMITS[id];
  const flaws: RuleFlaw[] = [];
  if (needs.length > 0 && !needs.some((field) => rule[field] !== undefined))
    flaws.push({ at: '', detail: `${id} needs ${needs.map((field) => `"${field}"`).join(' or ')}.` });
  for (const field of LIMIT_FIELDS)
    if (rule[field] !== undefined && !needs.includes(field) && !takes.includes(field))
      flaws.push({ at: `/${field}`, detail: `${id} has no "${field}".` });
  if (least !== undefined && most !== undefined && least > most)
    flaws.push({ at: '/at_most', detail: 'It must not be less than at_least.' });
  if (from !== undefined && until !== undefined && from > until)
    flaws.push({ at: '/until', detail: 'It must not be before from.' });
  return flaws;
}
