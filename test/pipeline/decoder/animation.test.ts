import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { codeOf, startEngine } from '../../support/engine.ts';

const engine = await startEngine();
after(() => engine[Symbol.asyncDispose]());

const COLOURS = ['#ff0000', '#00ff00', '#0000ff', '#ffff00'];
const ANIMATED = { format: 'webp', animated: true } as const;

/** Frames of one colour each; two successive ones differ. */
async function moving(format: 'gif' | 'webp', frames: number, side: number): Promise<Buffer> {
  const pictures = Array.from({ length: frames }, (_, i) => {
    const background = COLOURS[i % COLOURS.length] ?? '';
    return sharp({ create: { width: side, height: side, channels: 3, background } })
      .png()
      .toBuffer();
  });
  const joined = sharp(await Promise.all(pictures), { join: { animated: true }, limitInputPixels: false });
  return joined.toFormat(format, { effort: 1 }).toBuffer();
}

/** The colour in the middle of each frame, and the frames' size. */
async function framesOf(file: Buffer): Promise<{ colours: number[][]; size: (number | undefined)[] }> {
  const { pages = 1, width, pageHeight } = await sharp(file, { animated: true }).metadata();
  const colours = Array.from({ length: pages }, async (_, page) => {
    const { channels } = await sharp(file, { page }).stats();
    return channels.slice(0, 3).map(({ mean }) => Math.round(mean / 255) * 255);
  });
  return { colours: await Promise.all(colours), size: [width, pageHeight] };
}

const RGB = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
];

test('an animation keeps all its frames in the right size, or is refused as too large; its first frame is always made', async () => {
  for (const format of ['gif', 'webp'] as const) {
    const small = await moving(format, 40, 400);
    const { outputs, files } = await engine.make(small, [{ ...ANIMATED, width: 300, height: 300 }]);
    const { colours, size } = await framesOf(outputs[0] as Buffer);
    assert.deepEqual(size, [300, 300]);
    assert.deepEqual([files[0]?.width, files[0]?.height], [300, 300]);
    assert.deepEqual(
      colours,
      Array.from({ length: 40 }, (_, i) => RGB[i % 4]),
      format,
    );

    const tall = await moving(format, 41, 400);
    const animation = engine.make(tall, [{ ...ANIMATED, width: 300, height: 300 }]);
    await assert.rejects(animation, { code: 'image_too_large', detail: /^41 frames/ }, format);
    const still = await engine.make(tall, [
      { width: 300, height: 300 },
      { format: 'webp', width: 50 },
    ]);
    assert.deepEqual(
      still.files.map(({ width, height }) => [width, height]),
      [
        [300, 300],
        [50, 50],
      ],
    );
    const { channels } = await sharp(still.outputs[0]).stats();
    assert.ok((channels[0]?.mean ?? 0) > 250 && (channels[1]?.mean ?? 255) < 5, 'its first frame');
  }
});

test('frames that would be too tall together on their canvas are refused', async () => {
  const source = await moving('gif', 30, 100);
  const boxed = (side: number): Promise<unknown> =>
    engine.make(source, [{ ...ANIMATED, fit: 'contain', width: side, height: side }]);
  assert.equal(await codeOf(boxed(500)), 'none');
  assert.equal(await codeOf(boxed(600)), 'image_too_large');
});

test('the still picture of an animated AVIF is made', async () => {
  // Red, then blue, by Pillow 13.0.0: sharp writes no such files.
  const sequence = readFileSync(join(import.meta.dirname, 'fixtures', 'sequence.avif'));
  const { outputs, files } = await engine.make(sequence, [{}, ANIMATED]);
  for (const [i, output] of outputs.entries()) {
    assert.deepEqual([files[i]?.width, files[i]?.height], [64, 48]);
    const { channels } = await sharp(output).stats();
    assert.ok((channels[0]?.mean ?? 0) > 245 && (channels[2]?.mean ?? 255) < 10);
  }
  assert.equal(
    await codeOf(engine.make(sequence.subarray(0, sequence.length >> 1), [{}])),
    'truncated_image',
  );
});

test('an animation that is cut is refused, and one that lacks only its trailer keeps all its frames', async () => {
  const gif = await moving('gif', 4, 100);
  const { outputs } = await engine.make(gif.subarray(0, -1), [ANIMATED, {}]);
  assert.equal((await framesOf(outputs[0] as Buffer)).colours.length, 4);
  for (const format of ['gif', 'webp'] as const) {
    const whole = await moving(format, 4, 100);
    for (const share of [0.3, 0.6, 0.9]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      assert.equal(await codeOf(engine.make(cut, [ANIMATED])), 'truncated_image', `${format} ${share}`);
      assert.equal(
        await codeOf(engine.make(cut, [{}])),
        'truncated_image',
        `${format} ${share}, its first frame`,
      );
    }
  }
});

/** Red; then a green square in the middle, drawn over it; then a blue square that replaces the green one. */
function gifOfParts(): Buffer {
  const screen = Buffer.from('GIF89a\x3c\0\x3c\0\xf1\0\0\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff', 'latin1');
  const frame = (disposal: number, [left, side]: [number, number], colour: number): Buffer => {
    const head = Buffer.from([
      0x21,
      0xf9,
      4,
      disposal << 2,
      10,
      0,
      0,
      0,
      0x2c,
      left,
      0,
      left,
      0,
      side,
      0,
      side,
      0,
      0,
      2,
    ]);
    return Buffer.concat([head, lzwOf(colour, side * side)]);
  };
  return Buffer.concat([
    screen,
    frame(1, [0, 60], 0),
    frame(3, [20, 20], 1),
    frame(1, [0, 30], 2),
    Buffer.from(';'),
  ]);
}

/** One colour without compression: a clear code before every two pixels, codes of 3 bits, lowest bit first. */
function lzwOf(colour: number, pixels: number): Buffer {
  const codes = Array.from({ length: pixels }, (_, i) => (i % 2 === 0 ? [4, colour] : [colour])).flat();
  const bits = [...codes, 5].flatMap((code) => [code & 1, (code >> 1) & 1, (code >> 2) & 1]);
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((byte, bit, at) => byte | (bit << at), 0),
  );
  const blocks: number[] = [];
  for (let at = 0; at < bytes.length; at += 255)
    blocks.push(bytes.slice(at, at + 255).length, ...bytes.slice(at, at + 255));
  return Buffer.from([...blocks, 0]);
}

test('frames smaller than the canvas are drawn at their offset, on what the previous disposal leaves', async () => {
  const { outputs } = await engine.make(gifOfParts(), [{ ...ANIMATED, quality: 100 }]);
  const at = async (page: number, left: number, top: number): Promise<number[]> => {
    const pixel = sharp(outputs[0], { page }).extract({ left, top, width: 1, height: 1 }).removeAlpha();
    return [...(await pixel.raw().toBuffer())].map((value) => Math.round(value / 255) * 255);
  };
  const [red, green, blue] = RGB;
  const seen = [];
  for (const page of [0, 1, 2])
    seen.push([await at(page, 2, 2), await at(page, 33, 33), await at(page, 50, 50)]);
  assert.deepEqual(seen, [
    [red, red, red],
    [red, green, red],
    [blue, red, red],
  ]);
});
