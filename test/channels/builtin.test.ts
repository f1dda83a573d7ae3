import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILTIN_CHANNELS } from '../../src/channels/builtin.ts';
import { checkChannel } from '../../src/channels/check.ts';
import { isDay, today } from '../../src/channels/day.ts';
import { MARKETPLACE_RENDITIONS } from '../../src/presets/marketplaces.ts';

test('every built-in channel is one that a user could write, and names its source for each rule', () => {
  assert.equal(BUILTIN_CHANNELS.length, 12);
  for (const { name, title, rules } of BUILTIN_CHANNELS) {
    assert.deepEqual(checkChannel(name, { title, rules }), { name, title, rules });
    for (const { rule, source } of rules) {
      assert.ok(source, `${name} ${rule}`);
      assert.match(source.url, /^https:\/\//, `${name} ${rule}`);
    }
  }
});

test('no source was read more than 12 months ago: read it again, and write down when', () => {
  const [year = 0, month = 0] = today().split('-').map(Number);
  for (const { name, rules } of BUILTIN_CHANNELS)
    for (const { rule, source } of rules) {
      const [seenYear = 0, seenMonth = 0] = (source?.seen ?? '').split('-').map(Number);
      const age = (year - seenYear) * 12 + month - seenMonth;
      assert.ok(age <= 12, `${name} ${rule} was read ${age} months ago`);
    }
});

test('the presets for marketplaces stay within the rules of their channel', () => {
  for (const [name, rendition] of Object.entries(MARKETPLACE_RENDITIONS)) {
    const rules = BUILTIN_CHANNELS.find((channel) => channel.name === name)?.rules ?? [];
    const mostBytes = rules.find(({ rule }) => rule === 'max_bytes')?.at_most ?? 0;
    assert.ok((rendition.max_bytes ?? Infinity) <= mostBytes, name);
    for (const { rule, at_most: most = Infinity } of rules)
      if (rule === 'max_sides')
        assert.ok(Math.max(rendition.width ?? 0, rendition.height ?? 0) <= most, name);
  }
});

test('a day is one of the calendar', () => {
  assert.deepEqual(['2027-01-31', '2027-02-29', '2028-02-29', '2027-1-31', 'soon'].map(isDay), [
    true,
    false,
    true,
    false,
    false,
  ]);
});
