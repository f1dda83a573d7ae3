import { type Static, Type } from 'typebox';
import { ChannelRule } from '../../channels/channel.body.ts';
import type { Channel, Level, Rule } from '../../channels/rule.ts';
import { requiredOf } from '../../channels/required.ts';
import { NOT_JUDGED, rulesOn, type Verdict, type VerdictWord } from '../../channels/verdict.ts';
import { Nullable } from '../../http/nullable.ts';
import type { BatchCheck } from './check.ts';

const { rule, of, level, slots, category, from, until, source, ...LIMITS } = ChannelRule.properties;

const Measured = Type.Union([Type.Number(), Type.String()]);

export const CheckSummary = Type.Object(
  {
    channel: Type.String(),
    title: Type.String(),
    of: Type.Enum(['source', 'output']),
    renditions: Type.Array(Type.String(), {
      description: 'With of=output: the names of the renditions that were checked',
    }),
    as_of: Type.String({ description: 'The day whose rules hold' }),
    images: Type.Object({
      pass: Type.Integer(),
      warn: Type.Integer(),
      fail: Type.Integer(),
      unknown: Type.Integer({ description: 'Not downloaded, failed, or not measured' }),
    }),
    rules: Type.Array(
      Type.Object({
        ...{ rule, of, level, slots, category },
        required: Measured,
        ...LIMITS,
        passed: Type.Integer(),
        failed: Type.Integer(),
        unknown: Type.Integer(),
        worst: Nullable(
          Type.Object(
            { slot: Type.Integer(), measured: Measured },
            { description: 'Furthest from the limit' },
          ),
        ),
        from,
        until,
        source,
      }),
    ),
    not_judged: Type.Array(Type.String()),
    pending: Type.Boolean({
      description:
        'Whether its pictures are still to be compared with each other, for the rules placeholder and twice',
    }),
  },
  { 'x-name': 'CheckSummary' },
);
export type CheckSummary = Static<typeof CheckSummary>;

/** Counts what all images of a batch get from each channel. */
export async function summaries(check: BatchCheck, signal?: AbortSignal): Promise<CheckSummary[]> {
  const { channels, asOf } = check.request;
  const counts = channels.map((channel) => new Counts(channel, asOf));
  for await (const page of check.pages({ isNamed: false })) {
    signal?.throwIfAborted();
    for (const { row, verdicts } of page)
      for (const [i, verdict] of verdicts.entries()) counts[i]?.add(row.slot, verdict);
  }
  const pending = await check.isPending();
  return counts.map((count) => summaryOf(count, check, pending));
}

function summaryOf(
  count: Counts,
  { request: { of, asOf }, renditions }: BatchCheck,
  pending: boolean,
): CheckSummary {
  const { name: channel, title } = count.channel;
  const what = { channel, title, of, renditions, as_of: asOf };
  return { ...what, images: count.images, rules: count.rules(), not_judged: [...NOT_JUDGED], pending };
}

type RuleCount = {
  rule: Rule;
  level: Level;
  passed: number;
  failed: number;
  unknown: number;
  worst: { slot: number; measured: string | number; miss: number } | undefined;
};

class Counts {
  readonly channel: Channel;
  readonly images: Record<VerdictWord, number> = { pass: 0, warn: 0, fail: 0, unknown: 0 };
  /** by rule and level: a rule about apparel may count as both */
  readonly #rules = new Map<Rule, Partial<Record<Level, RuleCount>>>();

  constructor(channel: Channel, asOf: string) {
    this.channel = channel;
    for (const rule of rulesOn(channel, asOf)) {
      const count = { rule, level: rule.level, passed: 0, failed: 0, unknown: 0, worst: undefined };
      this.#rules.set(rule, { [rule.level]: count });
    }
  }

  add(slot: number, { verdict, rules }: Verdict): void {
    this.images[verdict] += 1;
    for (const { rule, level, result, measured, miss } of rules) {
      const count = this.#countOf(rule, level);
      if (result === 'pass') count.passed += 1;
      else if (result === 'unknown') count.unknown += 1;
      else {
        count.failed += 1;
        if (measured !== null && miss > (count.worst?.miss ?? -1)) count.worst = { slot, measured, miss };
      }
    }
  }

  #countOf(rule: Rule, level: Level): RuleCount {
    const counts = this.#rules.get(rule) ?? {};
    const count = (counts[level] ??= { rule, level, passed: 0, failed: 0, unknown: 0, worst: undefined });
    this.#rules.set(rule, counts);
    return count;
  }

  rules(): CheckSummary['rules'] {
    return [...this.#rules.values()].flatMap((levels) => Object.values(levels)).map(ruleBody);
  }
}

function ruleBody({ rule, level, passed, failed, unknown, worst }: RuleCount): CheckSummary['rules'][number] {
  return {
    ...rule,
    level,
    required: requiredOf(rule),
    passed,
    failed,
    unknown,
    worst: worst ? { slot: worst.slot, measured: worst.measured } : null,
  };
}
