import { type Static, Type } from 'typebox';
import { BUILTIN_CHANNELS } from './builtin.ts';
import { type Channel, RULE_IDS, RuleInput, RuleSource, SIDES } from './rule.ts';

const { at_least, at_most, one_of, colour, ratio, within, category, from, until } = RuleInput.properties;

/** A rule with its defaults. Limits are those of its id. */
export const ChannelRule = Type.Object(
  {
    rule: Type.Enum([...RULE_IDS]),
    level: Type.Enum(['must', 'should']),
    slots: Type.Enum(['all', 'main']),
    of: Type.Optional(Type.Enum([...SIDES])),
    ...{ at_least, at_most, one_of, colour, ratio, within, category, from, until },
    source: Type.Optional(RuleSource),
  },
  { 'x-name': 'ChannelRule' },
);

export const ChannelBody = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    built_in: Type.Boolean({ description: 'Cannot be changed' }),
    rules: Type.Array(ChannelRule),
  },
  { 'x-name': 'Channel' },
);

export function channelBody(channel: Channel): Static<typeof ChannelBody> {
  const { name, title, rules } = channel;
  return { name, title, built_in: BUILTIN_CHANNELS.includes(channel), rules: [...rules] };
}
