import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BUILTIN_CHANNELS } from '../../src/channels/builtin.ts';
import type { PictureFacts } from '../../src/channels/facts.ts';
import {
  type Channel,
  type RuleInput,
  type RuleId,
  RULE_IDS,
  withDefaults,
} from '../../src/channels/rule.ts';
import { judgeOf, type Verdict } from '../../src/channels/verdict.ts';
import { wordsOf } from '../../src/channels/words.ts';
import { anyFacts } from '../support/facts.ts';
import { atLimit, CASES } from '../support/rule-cases.ts';

const DAY = '2026-11-30';

function channelOf(...rules: RuleInput[]): Channel {
  return { name: 'mine', title: 'Mine', rules: rules.map(withDefaults) };
}

function builtin(name: string): Channel {
  const channel = BUILTIN_CHANNELS.find((one) => one.name === name);
  assert.ok(channel, name);
  return channel;
}

const verdictOf = (rule: RuleInput, facts: PictureFacts): Verdict => judgeOf(channelOf(rule), DAY)(facts);
const wordOf = (rule: RuleInput, facts: PictureFacts): string => verdictOf(rule, facts).verdict;

describe('a rule', () => {
  for (const id of RULE_IDS)
    test(`${id} passes at its limit, fails just beyond it, and is unknown without a file`, () => {
      const { rule, met, unmet } = CASES[id];
      for (const facts of met) assert.equal(wordOf(rule, facts), 'pass');
      for (const [facts, words] of unmet) {
        assert.equal(wordOf(rule, facts), 'fail');
        assert.equal(wordOf({ ...rule, level: 'should' }, facts), 'warn');
        assert.deepEqual(wordsOf(verdictOf(rule, facts)).failed, [words]);
      }
      assert.equal(wordOf(rule, anyFacts({ file: null })), 'unknown');
    });

  test('about pixels is unknown, never passed, where they were not measured', () => {
    const byPixels: RuleId[] = [
      ...(['background_white', 'plain', 'fill', 'cut_off', 'not_empty', 'not_transparent'] as const),
      ...(['jpeg_quality', 'colour_space', 'not_moving', 'maybe_enlarged', 'placeholder', 'twice'] as const),
    ];
    for (const id of byPixels) {
      const { rule } = CASES[id];
      for (const measures of [undefined, {}])
        assert.equal(wordOf(rule, anyFacts({ file: { measures } })), 'unknown', id);
    }
    const scene = anyFacts({ measures: { plain: false, object: null, fill: null } });
    for (const id of ['fill', 'cut_off'] as const) assert.equal(wordOf(CASES[id].rule, scene), 'unknown');
    const foreign = anyFacts({ measures: { jpeg_quality: null } });
    assert.equal(wordOf(CASES.jpeg_quality.rule, foreign), 'unknown');
  });

  test('about width, height or a ratio is unknown until it is known which side is up', () => {
    const turned = anyFacts({ file: { width: 800, height: 600, isUpright: false } });
    assert.equal(wordOf({ rule: 'min_sides', of: 'width', at_least: 1 }, turned), 'unknown');
    assert.equal(wordOf({ rule: 'aspect', ratio: 0.75 }, turned), 'unknown');
    assert.equal(wordOf({ rule: 'aspect', ratio: 1 }, turned), 'fail');
    assert.equal(wordOf({ rule: 'min_sides', of: 'both_sides', at_least: 600 }, turned), 'pass');
  });

  test('of a newer version is unknown', () => {
    assert.equal(wordOf({ rule: 'no_text' as RuleId }, anyFacts()), 'unknown');
  });

  test('about addresses is not asked of local files', () => {
    for (const id of ['url_https', 'url_extension', 'url_length'] as const)
      assert.deepEqual(verdictOf(CASES[id].rule, anyFacts({ url: undefined })).rules, []);
  });

  test('of white space counts the object only', () => {
    const bottle = anyFacts({ measures: { object: { width: 150, height: 499 } } });
    assert.equal(wordOf({ rule: 'min_sides', of: 'object_longer_side', at_least: 500 }, bottle), 'fail');
    assert.equal(wordOf({ rule: 'min_sides', of: 'object_longer_side', at_least: 499 }, bottle), 'pass');
    assert.equal(wordOf({ rule: 'min_sides', of: 'object_both_sides', at_least: 151 }, bottle), 'fail');
  });
});

describe('a verdict', () => {
  const small: RuleInput = { rule: 'min_sides', at_least: 5000 };
  const unmeasured: RuleInput = { rule: 'placeholder' };
  const met: RuleInput = { rule: 'min_sides', at_least: 1 };
  const judged = (...rules: RuleInput[]): string => judgeOf(channelOf(...rules), DAY)(anyFacts()).verdict;

  test('is the worst of its rules: fail, then unknown, then warn; it passes only if all was measured', () => {
    assert.equal(judged(met), 'pass');
    assert.equal(judged(met, { ...small, level: 'should' }), 'warn');
    assert.equal(judged(met, { ...unmeasured, level: 'should' }), 'unknown');
    assert.equal(judged({ ...small, level: 'should' }, { ...unmeasured, level: 'should' }), 'warn');
    assert.equal(judged({ ...small, level: 'should' }, unmeasured), 'unknown');
    assert.equal(judged(small, unmeasured), 'fail');
  });

  test('is about the main picture only where a rule says so', () => {
    const channel = channelOf(met, { ...small, slots: 'main' });
    assert.equal(judgeOf(channel, DAY)(anyFacts()).verdict, 'fail');
    assert.equal(judgeOf(channel, DAY)(anyFacts({ position: 2 })).verdict, 'pass');
  });

  test('holds for a day: both ends of a period belong to it', () => {
    const channel = channelOf(met, { ...small, from: '2027-01-31', until: '2027-02-02' });
    const on = (day: string): string => judgeOf(channel, day)(anyFacts()).verdict;
    assert.deepEqual(['2027-01-30', '2027-01-31', '2027-02-02', '2027-02-03'].map(on), [
      'pass',
      'fail',
      'fail',
      'pass',
    ]);
  });

  test('by the stricter limit of a category is advice where the category is unknown', () => {
    const google = judgeOf(builtin('google'), '2027-01-30');
    const picture = { file: { width: 249, height: 249 }, measures: { sharpness: 0.4 } };
    const words = (category: 'apparel' | 'other' | undefined) => {
      const verdict = google(anyFacts({ ...picture, category }));
      return [verdict.verdict, ...wordsOf(verdict).failed];
    };
    assert.deepEqual(words('apparel'), ['fail', 'min_sides 249 < 250']);
    assert.deepEqual(words('other'), ['warn']);
    assert.deepEqual(words(undefined), ['warn']);
    const square = anyFacts({ file: { width: 2000, height: 2000 } });
    const amazon = judgeOf(builtin('amazon'), DAY);
    assert.equal(amazon(square).verdict, 'pass', 'advice by category is not given without one');
    assert.equal(amazon({ ...square, category: 'apparel' }).verdict, 'warn');
  });
});

test('every limit of every built-in channel has two sides', () => {
  for (const { name, rules } of BUILTIN_CHANNELS)
    for (const rule of rules) {
      const { met, unmet } = atLimit(rule);
      const category = rule.category ?? 'other';
      const judge = judgeOf({ name, title: name, rules: [rule] }, rule.from ?? rule.until ?? DAY);
      const text = `${name} ${JSON.stringify(rule)}`;
      assert.equal(judge({ ...met, category }).verdict, 'pass', text);
      assert.equal(judge({ ...unmet, category }).verdict, rule.level === 'must' ? 'fail' : 'warn', text);
    }
});
