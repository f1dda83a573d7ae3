import { type Channel, type RuleInput, withDefaults } from './rule.ts';

export type StoredChannel = { name: string; title: string; rules: RuleInput[] };

/**
 * Reads a channel that any version has stored: all reads of `channels.rules` pass through here. A rule that only a
 * newer version knows is unknown to the judge.
 */
export function readChannel({ name, title, rules }: StoredChannel): Channel {
  return { name, title, rules: rules.map(withDefaults) };
}
