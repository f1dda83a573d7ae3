/** What was done to a picture so that it meets a rule, and what could not be done. */
import { sql } from 'kysely';
import { type Static, Type } from 'typebox';
import { CHANGES, type Fix, UNMET_SENTENCES, type UnmetRule } from '../pipeline/file-measures.ts';

/** Of a row `r` of `renditions`; null: no rule was to be met. */
export const FIX_SQL = sql`
  case when r.measures is not null then
    json_build_object('changes', r.measures->'changes', 'unmet', r.measures->'unmet') end`;

const Measured = Type.Union([Type.Number(), Type.String()]);

export const FixBody = Type.Object(
  {
    changes: Type.Array(Type.Enum([...CHANGES])),
    unmet: Type.Array(
      Type.Object({
        rule: Type.Enum(Object.keys(UNMET_SENTENCES) as UnmetRule[]),
        measured: Measured,
        required: Measured,
        sentence: Type.String(),
      }),
    ),
  },
  {
    'x-name': 'Fix',
    description: 'Of the fit `object`: what was done to the picture, and what of it could not be done',
  },
);

/** Undefined for a rendition that was to meet no rule. */
export function fixBody(fix: Fix | null): Static<typeof FixBody> | undefined {
  if (fix === null) return undefined;
  const unmet = fix.unmet.map((one) => ({ ...one, sentence: UNMET_SENTENCES[one.rule] }));
  return { changes: fix.changes, unmet };
}
