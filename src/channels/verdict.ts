import type { FileFacts, PictureFacts } from './facts.ts';
import { type Judged, type Measured, met, NOT_APPLICABLE, UNKNOWN, unmet } from './judged.ts';
import { FILE_RULES, type FileJudge } from './picture-rules.ts';
import { requiredOf } from './required.ts';
import type { Channel, Level, Rule } from './rule.ts';
import { URL_RULES, type UrlJudge } from './url-rules.ts';

export const VERDICTS = ['pass', 'warn', 'fail', 'unknown'] as const;

/** `unknown`: not everything was measured that would have to be to say `pass`. */
export type VerdictWord = (typeof VERDICTS)[number];

/** What a rule says of a picture. `level`: as it counts for this picture, see `category`. */
export type RuleVerdict = {
  rule: Rule;
  level: Level;
  result: 'pass' | 'fail' | 'unknown';
  measured: Measured | null;
  required: Measured;
  /** how far from the limit */
  miss: number;
};

/** `rules`: those that apply to the picture, in the order of the channel. */
export type Verdict = { verdict: VerdictWord; rules: RuleVerdict[] };

/** What no verdict is about, because nothing measures it. */
export const NOT_JUDGED: readonly string[] = [
  'text, logos and watermarks in the picture',
  'props, packaging and people',
  'whether it is the right product',
  'whether a picture was enlarged that had to be shrunk to be measured',
];

/**
 * The judge of a channel on a day. It is a pure function of facts: the batch and `inspect` have the same.
 * @param asOf a day as YYYY-MM-DD
 */
export function judgeOf(channel: Channel, asOf: string): (facts: PictureFacts) => Verdict {
  const rules = rulesOn(channel, asOf).map((rule) => ({
    rule,
    judge: judgeBy(rule),
    required: requiredOf(rule),
  }));
  return (facts) => {
    const verdicts: RuleVerdict[] = [];
    for (const { rule, judge, required } of rules) {
      const level = levelFor(rule, facts);
      if (level === undefined) continue;
      const judged = judge(facts);
      if (judged.result !== 'not_applicable') verdicts.push(ruleVerdict(rule, level, judged, required));
    }
    return { verdict: facts.file ? wordOf(verdicts) : 'unknown', rules: verdicts };
  };
}

/** The rules that hold on a day; both ends of a period belong to it. */
export function rulesOn({ rules }: Channel, asOf: string): Rule[] {
  return rules.filter(({ from = '', until = '9' }) => from <= asOf && asOf <= until);
}

/** Undefined: the rule is not about this picture. */
function levelFor({ level, slots, category }: Rule, facts: PictureFacts): Level | undefined {
  if (slots === 'main' && facts.position !== 1) return undefined;
  if (category === undefined || category === facts.category) return level;
  return facts.category === undefined && level === 'must' ? 'should' : undefined;
}

function judgeBy(rule: Rule): (facts: PictureFacts) => Judged {
  const { rule: id } = rule;
  const byUrl = (URL_RULES as Record<string, UrlJudge>)[id];
  if (byUrl)
    return ({ url, file }) =>
      url === undefined ? NOT_APPLICABLE : ofFile(file, ({ format }) => byUrl(url, rule, format));
  if (id === 'placeholder') return ({ file, isPlaceholder }) => ofFile(file, () => absent(isPlaceholder, id));
  if (id === 'twice') return ({ file, isTwice }) => ofFile(file, () => absent(isTwice, id));
  const byFile = (FILE_RULES as Record<string, FileJudge>)[id]; // a newer version may have stored another rule
  return ({ file }) => ofFile(file, (known) => byFile?.(known, rule) ?? UNKNOWN);
}

function ofFile(file: FileFacts | undefined, judge: (file: FileFacts) => Judged): Judged {
  return file ? judge(file) : UNKNOWN;
}

function absent(isThere: boolean | undefined, id: 'placeholder' | 'twice'): Judged {
  if (isThere === undefined) return UNKNOWN;
  const [wrong, right] = ABSENT[id];
  return isThere ? unmet(wrong) : met(right);
}

const ABSENT = { placeholder: ['a placeholder', 'a picture'], twice: ['twice', 'once'] } as const;

function ruleVerdict(
  rule: Rule,
  level: Level,
  judged: Exclude<Judged, { result: 'not_applicable' }>,
  demanded: Measured,
): RuleVerdict {
  const { result } = judged;
  if (result === 'unknown') return { rule, level, result, measured: null, required: demanded, miss: 0 };
  const { measured, required = demanded, miss } = judged;
  return { rule, level, result, measured, required, miss };
}

/** What fails counts first; then nothing passes that was not measured. */
function wordOf(verdicts: readonly RuleVerdict[]): VerdictWord {
  const open = verdicts.filter(({ result }) => result !== 'pass');
  const has = (level: Level, result: RuleVerdict['result']): boolean =>
    open.some((verdict) => verdict.level === level && verdict.result === result);
  if (has('must', 'fail')) return 'fail';
  if (has('must', 'unknown')) return 'unknown';
  if (has('should', 'fail')) return 'warn';
  return has('should', 'unknown') ? 'unknown' : 'pass';
}
