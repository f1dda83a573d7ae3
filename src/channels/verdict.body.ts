import { type Static, Type } from 'typebox';
import { Nullable } from '../http/nullable.ts';
import { RULE_IDS, SIDES } from './rule.ts';
import { type Verdict, VERDICTS } from './verdict.ts';

const Measured = Type.Union([Type.Number(), Type.String()]);

export const VerdictBody = Type.Object(
  {
    verdict: Type.Enum([...VERDICTS]),
    rules: Type.Array(
      Type.Object({
        rule: Type.Enum([...RULE_IDS]),
        of: Type.Optional(Type.Enum([...SIDES])),
        level: Type.Enum(['must', 'should']),
        result: Type.Enum(['pass', 'fail', 'unknown']),
        measured: Nullable(Measured),
        required: Measured,
      }),
    ),
  },
  { 'x-name': 'Verdict' },
);

export function verdictBody({ verdict, rules }: Verdict): Static<typeof VerdictBody> {
  return {
    verdict,
    rules: rules.map(({ rule: { rule, of }, level, result, measured, required }) => {
      const what = of === undefined ? { rule } : { rule, of };
      return { ...what, level, result, measured, required };
    }),
  };
}
