import { type Static, Type } from 'typebox';

/** The closed list of rules. docs/check.md says what each demands, and of which measure. */
export const RULE_IDS = [
  'min_sides',
  'max_sides',
  'max_pixels',
  'min_bytes',
  'max_bytes',
  'format',
  'aspect',
  'background_white',
  'plain',
  'fill',
  'cut_off',
  'not_empty',
  'not_transparent',
  'jpeg_quality',
  'colour_space',
  'not_moving',
  'url_https',
  'url_port',
  'url_no_query',
  'url_extension',
  'url_ascii',
  'url_length',
  'placeholder',
  'twice',
  'maybe_enlarged',
] as const;
export type RuleId = (typeof RULE_IDS)[number];

/** `object_…`: of what differs from a plain background. */
export const SIDES = [
  'both_sides',
  'longer_side',
  'width',
  'height',
  'object_both_sides',
  'object_longer_side',
] as const;
export type Sides = (typeof SIDES)[number];

export const DAY = '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$';
export const MONTH = '^\\d{4}-(0[1-9]|1[0-2])$';
export const COLOUR = '^#[0-9a-f]{6}$';

const Day = Type.String({ pattern: DAY });
const Limit = Type.Number({ minimum: 0, maximum: 1e12 });

/** Where a rule was read. */
export const RuleSource = Type.Object(
  {
    url: Type.String({ maxLength: 2000 }),
    seen: Type.String({ pattern: MONTH, description: 'The month in which it was read' }),
    by: Type.Enum(['channel', 'quoted', 'third_party'], {
      description: "channel: its own page. quoted: somebody who quotes it. third_party: others' pages",
    }),
    note: Type.Optional(Type.String({ maxLength: 500, description: 'What is in doubt' })),
  },
  { additionalProperties: false, 'x-name': 'RuleSource' },
);
export type RuleSource = Static<typeof RuleSource>;

/** A rule as it is written: which limits it takes follows from its id. */
export const RuleInput = Type.Object(
  {
    rule: Type.Enum([...RULE_IDS]),
    level: Type.Optional(
      Type.Enum(['must', 'should'], { default: 'must', description: 'must: it fails. should: it warns' }),
    ),
    slots: Type.Optional(
      Type.Enum(['all', 'main'], { default: 'all', description: 'main: the image at position 1 only' }),
    ),
    of: Type.Optional(Type.Enum([...SIDES], { description: 'For min_sides and max_sides' })),
    at_least: Type.Optional(Limit),
    at_most: Type.Optional(Limit),
    one_of: Type.Optional(
      Type.Array(Type.Union([Type.String({ maxLength: 20 }), Type.Integer()]), { minItems: 1, maxItems: 20 }),
    ),
    colour: Type.Optional(
      Type.String({
        pattern: COLOUR,
        description: 'For background_white: the darkest background that is white enough. Default: #ffffff',
      }),
    ),
    ratio: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 100, description: 'For aspect: width / height' }),
    ),
    within: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: 'For aspect: how far from it, as a share' }),
    ),
    category: Type.Optional(
      Type.Enum(['apparel'], {
        description:
          'Only of apparel. Where the category is unknown, a must is a should, and a should is left out',
      }),
    ),
    from: Type.Optional(Day),
    until: Type.Optional(Day),
    source: Type.Optional(RuleSource),
  },
  { additionalProperties: false, 'x-name': 'ChannelRuleInput' },
);
export type RuleInput = Static<typeof RuleInput>;

export type Level = 'must' | 'should';

/** A rule with its defaults filled in. */
export type Rule = RuleInput & { level: Level; slots: 'all' | 'main' };

/** A place where pictures are sold, with its rules for them. */
export type Channel = { name: string; title: string; rules: readonly Rule[] };

export const MAX_RULES = 100;

export const ChannelInput = Type.Object(
  {
    title: Type.Optional(Type.String({ maxLength: 100, description: 'Default: its name' })),
    rules: Type.Array(RuleInput, { minItems: 1, maxItems: MAX_RULES }),
  },
  {
    additionalProperties: false,
    'x-name': 'ChannelInput',
    examples: [
      {
        title: 'Our operator on Mirakl',
        rules: [
          { rule: 'min_sides', of: 'both_sides', at_least: 800 },
          { rule: 'max_bytes', at_most: 10_240_000 },
          { rule: 'background_white', slots: 'main', colour: '#f2f3f4' },
          { rule: 'fill', level: 'should', at_least: 0.8, slots: 'main' },
        ],
      },
    ],
  },
);
export type ChannelInput = Static<typeof ChannelInput>;

export function withDefaults(input: RuleInput): Rule {
  return { ...input, level: input.level ?? 'must', slots: input.slots ?? 'all' };
}
