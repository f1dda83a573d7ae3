import type { PictureFacts } from './facts.ts';
import { type Judged, type Measured, NOT_APPLICABLE, unknown, unmet, met } from './judged.ts';
import { FILE_RULES, type FileJudge, SOFT } from './picture-rules.ts';
import type { Channel, Level, Rule } from './rule.ts';
import { URL_RULES } from './url-rules.ts';

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
  const rules = rulesOn(channel, asOf);
  return (facts) => {
    const verdicts: RuleVerdict[] = [];
    for (const rule of rules) {
      const level = levelFor(rule, facts);
      const judged = level === undefined ? NOT_APPLICABLE : judge(rule, facts);
      if (level !== undefined && judged.result !== 'not_applicable')
        verdicts.push(ruleVerdict(rule, level, judged));
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

function judge(rule: Rule, facts: PictureFacts): Judged {
  const { rule: id } = rule;
  const { file, url } = facts;
  if (id in URL_RULES && url === undefined) return NOT_APPLICABLE;
  if (!file) return unknown(requiredOf(rule));
  if (isUrlRule(id)) return URL_RULES[id](url ?? '', rule, file.format);
  if (id === 'placeholder') return absent(facts.isPlaceholder, 'a placeholder', 'a picture');
  if (id === 'twice') return absent(facts.isTwice, 'twice', 'once');
  const judgeFile = (FILE_RULES as Record<string, FileJudge>)[id]; // a newer version may have stored another rule
  return judgeFile ? judgeFile(file, rule) : unknown(requiredOf(rule));
}

function isUrlRule(id: Rule['rule']): id is keyof typeof URL_RULES {
  return id in URL_RULES;
}

function absent(isThere: boolean | undefined, what: string, required: string): Judged {
  if (isThere === undefined) return unknown(required);
  return isThere ? unmet(what, required) : met(required, required);
}

/** What a rule demands of any picture. */
export function requiredOf(rule: Rule): Measured {
  const { at_least: least, at_most: most, one_of: allowed, ratio, colour } = rule;
  if (allowed) return allowed.join('/');
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  return least ?? most ?? ratio ?? colour ?? DEMANDS[rule.rule] ?? 'yes';
}

const DEMANDS: Partial<Record<Rule['rule'], Measured>> = {
  maybe_enlarged: SOFT,
  url_length: 2_000,
  background_white: '#ffffff',
  plain: 'plain',
  cut_off: 'none',
  not_empty: 'an object',
  not_transparent: 'opaque',
  not_moving: 'still',
  url_https: 'https',
  url_no_query: 'none',
  url_extension: 'as the format',
  url_ascii: 'ASCII',
  placeholder: 'a picture',
  twice: 'once',
};

function ruleVerdict(
  rule: Rule,
  level: Level,
  judged: Exclude<Judged, { result: 'not_applicable' }>,
): RuleVerdict {
  const { result, required } = judged;
  if (result === 'unknown') return { rule, level, result, measured: null, required, miss: 0 };
  return { rule, level, result, measured: judged.measured, required, miss: judged.miss };
}

/** What fails counts first; then nothing passes that was not measured. */
function wordOf(verdicts: readonly RuleVerdict[]): VerdictWord {
  const has = (level: Level, result: RuleVerdict['result']): boolean =>
    verdicts.some((verdict) => verdict.level === level && verdict.result === result);
  if (has('must', 'fail')) return 'fail';
  if (has('must', 'unknown')) return 'unknown';
  if (has('should', 'fail')) return 'warn';
  return has('should', 'unknown') ? 'unknown' : 'pass';
}
