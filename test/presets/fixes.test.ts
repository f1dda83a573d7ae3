/** Presets that are derived from the rules of channels: what they make is judged by those rules. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { BUILTIN_CHANNELS } from '../../src/channels/builtin.ts';
import type { Channel } from '../../src/channels/rule.ts';
import { judgeOf, type Verdict } from '../../src/channels/verdict.ts';
import { wordsOf } from '../../src/channels/words.ts';
import { BUILTIN_PRESETS, channelOf } from '../../src/presets/builtin.ts';
import { checkPreset } from '../../src/presets/check.ts';
import { FIXED_CHANNELS, fixOf } from '../../src/presets/fixes.ts';
import { type Engine, startEngine } from '../support/engine.ts';

const CHANNELS = BUILTIN_CHANNELS.filter(({ name }) => FIXED_CHANNELS.includes(name));

test('sizes, fill, quality and bytes follow from the rules', () => {
  const told = CHANNELS.map((channel) => {
    const { fit, width, height, min_width, fill, quality, max_bytes } = fixOf(channel);
    return [channel.name, fit, width, height, min_width, fill, quality, max_bytes];
  });
  assert.deepEqual(told, [
    ['google', 'object', 2000, 2000, 500, 0.85, 90, 16_000_000],
    ['amazon', 'object', 2000, 2000, 500, 0.9, 90, 10_000_000],
    ['walmart', 'object', 2200, 2200, 1500, 0.9, 90, 5_000_000],
    ['bol', 'object', 2000, 2000, 556, 0.9, 95, 10_000_000],
    ['zalando', 'object', 1806, 2600, 765, 0.9, 90, 20_000_000],
  ]);
});

test('they are presets that a user could write, named after their channel', () => {
  for (const channel of CHANNELS) {
    const preset = BUILTIN_PRESETS.find(({ name }) => name === `${channel.name}-fix`);
    assert.ok(preset, channel.name);
    const { name, description } = preset;
    const input = { description, renditions: [{ name: 'main', ...fixOf(channel) }] };
    assert.deepEqual(checkPreset(name, input), preset);
    assert.equal(channelOf(name), channel.name);
  }
  assert.deepEqual(['web', 'amazon', 'ebay-fix', 'toString', '-fix'].map(channelOf), [
    ...[undefined, 'amazon', undefined, undefined, undefined],
  ]);
});

describe('a product on a plain background', () => {
  let engine: Engine;
  let sources: Buffer[];
  before(async () => {
    engine = await startEngine();
    sources = [
      await productOn('#fafafa', { width: 1700, height: 2300 }),
      await productOn('#ffffff', { width: 700, height: 2400 }),
    ];
  });
  after(() => engine[Symbol.asyncDispose]());

  /** Judged as the main picture, on the day of the stricter rules. */
  async function fixed(channel: Channel, source: Buffer): Promise<Verdict> {
    const { outputs, files } = await engine.make(source, [fixOf(channel)]);
    const [output, file] = [outputs[0], files[0]];
    assert.ok(output && file);
    const { width, height, bytes } = file;
    const { content } = await engine.make(output, []);
    return judgeOf(
      channel,
      '2027-01-31',
    )({
      position: 1,
      url: 'https://img.example/main.jpg',
      category: undefined,
      isPlaceholder: false,
      isTwice: false,
      file: { format: 'jpeg', width, height, isUpright: true, bytes, measures: content.measures },
    });
  }

  for (const channel of CHANNELS)
    test(`passes every rule of ${channel.title} when it is fixed`, async () => {
      for (const source of sources) {
        const verdict = await fixed(channel, source);
        assert.deepEqual(wordsOf(verdict), { failed: [], advised: [], unknown: [] });
        assert.equal(verdict.verdict, 'pass');
      }
    });

  test('fails no rule when it has few pixels', async () => {
    const source = await productOn('#ffffff', { width: 1010, height: 1000 });
    for (const channel of CHANNELS)
      assert.deepEqual(wordsOf(await fixed(channel, source)).failed, [], channel.name);
  });
});

/** Something with fine detail, not in the middle. */
async function productOn(background: string, size: { width: number; height: number }): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 110, sigma: 25 } as const;
  const product = await sharp({ create: { ...size, channels: 3, background: '#000000', noise } })
    .png()
    .toBuffer();
  const canvas = { width: size.width + 700, height: size.height + 400 };
  return sharp({ create: { ...canvas, channels: 3, background } })
    .composite([{ input: product, left: 500, top: 100 }])
    .jpeg({ quality: 95 })
    .toBuffer();
}
