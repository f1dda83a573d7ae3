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

/** A picture with sides, upright, whose object fills it. */
const sized = (width: number, height: number): PictureFacts =>
  anyFacts({ file: { width, height }, measures: {} });

type Case = { rule: RuleInput; met: PictureFacts[]; unmet: [facts: PictureFacts, words: string][] };

const withFile = (file: Parameters<typeof anyFacts>[0] & object) => anyFacts(file);

/** Both sides of the limit of every rule. */
const CASES: Record<RuleId, Case> = {
  min_sides: {
    rule: { rule: 'min_sides', of: 'both_sides', at_least: 500 },
    met: [sized(500, 900)],
    unmet: [[sized(499, 900), 'min_sides 499 < 500']],
  },
  max_sides: {
    rule: { rule: 'max_sides', of: 'longer_side', at_most: 9000 },
    met: [sized(9000, 10)],
    unmet: [[sized(10, 9001), 'max_sides of longer_side 9001 > 9000']],
  },
  max_pixels: {
    rule: { rule: 'max_pixels', at_most: 64_000_000 },
    met: [sized(8000, 8000)],
    unmet: [[sized(8000, 8001), 'max_pixels 64008000 > 64000000']],
  },
  min_bytes: {
    rule: { rule: 'min_bytes', at_least: 30_000 },
    met: [withFile({ file: { bytes: 30_000 } })],
    unmet: [[withFile({ file: { bytes: 29_999 } }), 'min_bytes 29999 < 30000']],
  },
  max_bytes: {
    rule: { rule: 'max_bytes', at_most: 16_000_000 },
    met: [withFile({ file: { bytes: 16_000_000 } })],
    unmet: [[withFile({ file: { bytes: 16_000_001 } }), 'max_bytes 16000001 > 16000000']],
  },
  format: {
    rule: { rule: 'format', one_of: ['jpeg', 'png'] },
    met: [withFile({ file: { format: 'png' } })],
    unmet: [[withFile({ file: { format: 'gif' } }), 'format gif, not jpeg/png']],
  },
  aspect: {
    rule: { rule: 'aspect', ratio: 1 },
    met: [sized(1010, 1000), sized(1000, 1009)],
    unmet: [[sized(1011, 1000), 'aspect 1.011, not 1']],
  },
  background_white: {
    rule: { rule: 'background_white' },
    met: [anyFacts()],
    unmet: [
      [anyFacts({ measures: { background: '#fefefe' } }), 'background_white #fefefe, not #ffffff'],
      [anyFacts({ measures: { plain: false } }), 'background_white a scene, not #ffffff'],
    ],
  },
  plain: {
    rule: { rule: 'plain' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { plain: false } }), 'plain a scene, not plain']],
  },
  fill: {
    rule: { rule: 'fill', at_least: 0.85, at_most: 0.9 },
    met: [anyFacts({ measures: { fill: 0.85 } }), anyFacts({ measures: { fill: 0.9 } })],
    unmet: [
      [anyFacts({ measures: { fill: 0.84 } }), 'fill 0.84 < 0.85'],
      [anyFacts({ measures: { fill: 0.91 } }), 'fill 0.91 > 0.9'],
    ],
  },
  cut_off: {
    rule: { rule: 'cut_off' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { touches: ['top', 'left'] } }), 'cut_off top/left, not none']],
  },
  not_empty: {
    rule: { rule: 'not_empty' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { empty: true } }), 'not_empty empty, not an object']],
  },
  not_transparent: {
    rule: { rule: 'not_transparent' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { transparent: true } }), 'not_transparent transparent, not opaque']],
  },
  jpeg_quality: {
    rule: { rule: 'jpeg_quality', at_least: 90 },
    met: [anyFacts({ measures: { jpeg_quality: 90 } }), anyFacts({ file: { format: 'png' } })],
    unmet: [[anyFacts({ measures: { jpeg_quality: 89 } }), 'jpeg_quality 89 < 90']],
  },
  colour_space: {
    rule: { rule: 'colour_space', one_of: ['rgb'], at_most: 8 },
    met: [anyFacts()],
    unmet: [
      [anyFacts({ measures: { colours: 'cmyk' } }), 'colour_space cmyk, not rgb'],
      [anyFacts({ measures: { bits: 16 } }), 'colour_space 16 bits, not 8 bits'],
    ],
  },
  not_moving: {
    rule: { rule: 'not_moving' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { moving: true } }), 'not_moving moving, not still']],
  },
  url_https: {
    rule: { rule: 'url_https' },
    met: [anyFacts()],
    unmet: [[anyFacts({ url: 'http://shop.example/1.jpg' }), 'url_https http, not https']],
  },
  url_port: {
    rule: { rule: 'url_port', one_of: [80, 443, 8080] },
    met: [
      anyFacts(),
      anyFacts({ url: 'http://shop.example/1.jpg' }),
      anyFacts({ url: 'http://shop.example:8080/1.jpg' }),
    ],
    unmet: [[anyFacts({ url: 'https://shop.example:81/1.jpg' }), 'url_port 81, not 80/443/8080']],
  },
  url_no_query: {
    rule: { rule: 'url_no_query' },
    met: [anyFacts()],
    unmet: [[anyFacts({ url: 'https://shop.example/1.jpg?key=secret' }), 'url_no_query a query, not none']],
  },
  url_extension: {
    rule: { rule: 'url_extension' },
    met: [anyFacts(), anyFacts({ url: 'https://shop.example/1.JPEG?v=1.png' })],
    unmet: [
      [anyFacts({ url: 'https://shop.example/1.png' }), 'url_extension png, not jpg/jpeg'],
      [anyFacts({ url: 'https://shop.example/a.b/1' }), 'url_extension none, not jpg/jpeg'],
    ],
  },
  url_ascii: {
    rule: { rule: 'url_ascii' },
    met: [anyFacts()],
    unmet: [[anyFacts({ url: 'https://shop.example/ä.jpg' }), 'url_ascii other characters, not ASCII']],
  },
  url_length: {
    rule: { rule: 'url_length', at_most: 2000 },
    met: [anyFacts({ url: `https://shop.example/${'a'.repeat(1979)}` })],
    unmet: [[anyFacts({ url: `https://shop.example/${'a'.repeat(1980)}` }), 'url_length 2001 > 2000']],
  },
  placeholder: {
    rule: { rule: 'placeholder' },
    met: [anyFacts({ isPlaceholder: false })],
    unmet: [[anyFacts({ isPlaceholder: true }), 'placeholder a placeholder, not a picture']],
  },
  twice: {
    rule: { rule: 'twice' },
    met: [anyFacts({ isTwice: false })],
    unmet: [[anyFacts({ isTwice: true }), 'twice twice, not once']],
  },
  maybe_enlarged: {
    rule: { rule: 'maybe_enlarged' },
    met: [anyFacts({ measures: { sharpness: 0.15 } }), anyFacts({ measures: { sharpness: null } })],
    unmet: [[anyFacts({ measures: { sharpness: 0.149 } }), 'maybe_enlarged 0.149 < 0.15']],
  },
};

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

/** A picture on each side of a rule's limit. */
function atLimit(rule: RuleInput): { met: PictureFacts; unmet: PictureFacts } {
  const { of, at_least: least, at_most: most, ratio, one_of: allowed, colour } = rule;
  const limit = (least ?? most) as number;
  const beyond = least === undefined ? limit + 1 : limit - 1;
  const side = (length: number): PictureFacts => {
    const sides = { width: length, height: length };
    return of?.startsWith('object_') ? anyFacts({ measures: { object: sides } }) : anyFacts({ file: sides });
  };
  const bytes = (count: number): PictureFacts => anyFacts({ file: { bytes: count } });
  const other = CASES[rule.rule].unmet[0]?.[0] ?? anyFacts();
  switch (rule.rule) {
    case 'min_sides':
    case 'max_sides':
      return { met: side(limit), unmet: side(beyond) };
    case 'max_pixels':
      return { met: sized(limit, 1), unmet: sized(limit + 1, 1) };
    case 'min_bytes':
    case 'max_bytes':
      return { met: bytes(limit), unmet: bytes(beyond) };
    case 'format':
      return {
        met: anyFacts({ file: { format: String(allowed?.[0]) } }),
        unmet: anyFacts({ file: { format: 'avif' } }),
      };
    case 'aspect': {
      const within = rule.within ?? 0.01;
      return {
        met: sized((ratio ?? 1) * (1 + within) * 1000, 1000),
        unmet: sized((ratio ?? 1) * (1 + within) * 1000 + 1, 1000),
      };
    }
    case 'background_white': {
      const darkest = colour ?? '#ffffff';
      const darker = `#${(Number.parseInt(darkest.slice(1), 16) - 1).toString(16)}`;
      return {
        met: anyFacts({ measures: { background: darkest } }),
        unmet: anyFacts({ measures: { background: darker } }),
      };
    }
    case 'fill':
      return {
        met: anyFacts({ measures: { fill: limit } }),
        unmet: anyFacts({ measures: { fill: limit - 0.01 } }),
      };
    default:
      return { met: anyFacts(), unmet: other };
  }
}
