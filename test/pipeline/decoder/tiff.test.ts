import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { codeOf, startEngine } from '../../support/engine.ts';
import { readHeader } from '../../../src/pipeline/decoder/formats/read-header.ts';
import { tiff, type TiffPage } from '../../support/tiff.ts';

const engine = await startEngine();
after(() => engine[Symbol.asyncDispose]());

const RED = [208, 32, 16];
const [WIDTH, HEIGHT] = [64, 48];

/** Red, with extra samples that are 255 in the left half and 0 in the right one. */
function red(page: Partial<TiffPage>): Buffer {
  const value = (x: number, _y: number, sample: number): number => RED[sample] ?? (x < WIDTH / 2 ? 255 : 0);
  return tiff({ width: WIDTH, height: HEIGHT, bits: 8, samples: 3, photometric: 2, value, ...page });
}

/** Colour and alpha of a pixel in the left half, and of one in the right half. */
async function halves(source: Buffer): Promise<[number[], number[]]> {
  const { outputs } = await engine.make(source, [{ format: 'png', width: WIDTH / 2 }]);
  const { data } = await sharp(outputs[0]).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number): number[] => [...data.subarray(4 * (10 * 32 + x), 4 * (10 * 32 + x) + 4)];
  return [at(4), at(28)];
}

test('only extra samples of kinds 1 and 2 are transparency; a saved selection and a spot colour are dropped', async () => {
  const grey = (x: number, _y: number, sample: number): number => (sample === 0 ? 98 : x < 32 ? 255 : 0);
  const ink = (x: number, _y: number, sample: number): number =>
    [0, 255, 255, 0][sample] ?? (x < 32 ? 255 : 0);
  const opaque: [string, Partial<TiffPage>][] = [
    ['an unspecified one', { samples: 4, extra: [0] }],
    ['two unspecified ones', { samples: 5, extra: [0, 0] }],
    ['an unspecified one in a plane of its own', { samples: 4, extra: [0], planar: 2 }],
    ['an unspecified one, compressed', { samples: 4, extra: [0], compression: 'deflate', rowsPerStrip: 7 }],
    ['grey', { samples: 2, photometric: 1, extra: [0], value: grey }],
    ['grey with two', { samples: 3, photometric: 1, extra: [0, 0], value: grey }],
    ['CMYK', { samples: 5, photometric: 5, extra: [0], value: ink }],
    ['CMYK without the tag', { samples: 5, photometric: 5, value: ink }],
  ];
  for (const [name, page] of opaque) {
    const [left, right] = await halves(red(page));
    assert.deepEqual(right, left, name);
    assert.equal(left[3], 255, name);
    if (page.photometric === undefined) assert.deepEqual(left.slice(0, 3), RED, name);
  }
  const transparent: [string, Partial<TiffPage>][] = [
    ['unassociated', { samples: 4, extra: [2] }],
    ['associated', { samples: 4, extra: [1] }],
    ['without the tag', { samples: 4 }],
    ["CorelDRAW's kind", { samples: 4, extra: [999] }],
    ['in a plane of its own', { samples: 4, extra: [2], planar: 2 }],
    ['the first of two', { samples: 5, extra: [2, 0] }],
    [
      'the second of two',
      { samples: 5, extra: [0, 2], value: (x, _y, s) => RED[s] ?? (s === 3 ? 7 : x < 32 ? 255 : 0) },
    ],
    [
      '16 bits',
      { samples: 4, bits: 16, extra: [2], value: (x, _y, s) => 257 * (RED[s] ?? (x < 32 ? 255 : 0)) },
    ],
  ];
  for (const [name, page] of transparent) {
    const [left, right] = await halves(red(page));
    assert.deepEqual([left, right[3]], [[...RED, 255], 0], name);
  }
});

/** From black at the left to white at the right, as a fraction of the highest value. */
const ramp = (x: number): number => x / (WIDTH - 1);

/** The mean grey value of the rendition. */
async function meanOf(page: Partial<TiffPage>): Promise<number> {
  const { outputs } = await engine.make(red({ samples: 1, photometric: 1, ...page }), [{ format: 'png' }]);
  return (await sharp(outputs[0]).stats()).channels[0]?.mean ?? 0;
}

test('samples of every kind have the right brightness, or are refused by name', async () => {
  const middle = 127.5;
  for (const bits of [1, 2, 4, 8, 16]) {
    const value = (x: number): number => Math.round(ramp(x) * (2 ** bits - 1));
    for (const photometric of [0, 1])
      assert.ok(Math.abs((await meanOf({ bits, photometric, value })) - middle) < 1, `${bits} bits`);
  }
  const light = (value: number): number =>
    value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
  const columns = Array.from({ length: WIDTH }, (_, x) => Math.round(255 * light(ramp(x))));
  const wanted = columns.reduce((sum, column) => sum + column, 0) / WIDTH;
  const float: Partial<TiffPage> = { samples: 3, photometric: 2, bits: 32, sampleFormat: 3 };
  assert.ok(Math.abs((await meanOf({ ...float, value: ramp })) - wanted) < 1, 'linear light');
  const grown = { ...float, value: (x: number): number => 255 * ramp(x) };
  const refused: [string, Partial<TiffPage>][] = [
    ['32-bit integers', { bits: 32, value: (x) => Math.round(ramp(x) * (2 ** 32 - 1)) }],
    ['signed 8-bit integers', { bits: 8, sampleFormat: 2, value: (x) => Math.round(ramp(x) * 127) }],
    ['signed 16-bit integers', { bits: 16, sampleFormat: 2, value: (x) => Math.round(ramp(x) * 32_767) }],
    [
      'signed 32-bit integers',
      { bits: 32, sampleFormat: 2, value: (x) => Math.round(ramp(x) * (2 ** 31 - 1)) },
    ],
    ['32-bit floating-point values', { bits: 32, sampleFormat: 3, value: ramp }],
    ['64-bit floating-point values', { bits: 64, sampleFormat: 3, value: ramp }],
    ['floating-point values that are not from 0 to 1', grown],
    ['complex numbers', { bits: 32, sampleFormat: 5, value: () => 0 }],
    ['CIELab of 8 bits', { samples: 3, photometric: 8 }],
    ['YCbCr that is not subsampled', { samples: 3, photometric: 6, tags: { 530: [1, 1] } }],
    ['6 samples a pixel', { samples: 6, photometric: 2, extra: [0, 0, 0] }],
    ['other inks than CMYK', { samples: 4, photometric: 5, tags: { 332: [2] } }],
    ['colour filter array', { photometric: 32_803 }],
    ['preview', { subfileType: 1 }],
    ['compressed by Zstandard', { compressionTag: 50_000 }],
    ['compressed by LERC', { compressionTag: 34_887 }],
    ['compressed by JPEG 2000', { compressionTag: 34_712 }],
    ['compressed by old-style JPEG', { compressionTag: 6 }],
    ['compressed by method 65000', { compressionTag: 65_000 }],
  ];
  for (const [name, page] of refused)
    await assert.rejects(meanOf(page), (error: { code: string; detail: string }) => {
      assert.deepEqual(
        [error.code, error.detail.includes(name)],
        ['unsupported_format', true],
        `${name}: ${error.detail}`,
      );
      return true;
    });
});

test('the first of several pages is made, whatever their sizes, even if the preset wants animations', async () => {
  const page: TiffPage = {
    width: 2480,
    height: 3508,
    bits: 1,
    samples: 1,
    photometric: 1,
    value: (x) => (x >> 8) & 1,
  };
  const small = { ...page, width: 400, height: 20 };
  for (const pages of [
    [page, page, page, page, page, page],
    [page, small],
    [small, page],
  ]) {
    const { files } = await engine.make(tiff(...pages), [
      { width: 248 },
      { format: 'webp', width: 248, animated: true },
    ]);
    const height = pages[0] === page ? 351 : 12;
    for (const file of files) assert.deepEqual([file.width, file.height], [248, height]);
  }
});

test('a TIFF with missing strips is refused, and one that is cut after its picture is made', async () => {
  const whole = red({ rowsPerStrip: 8, compression: 'deflate' });
  const changed = (tag: number, strip: number, to: number): Buffer => {
    const file = Buffer.from(whole);
    for (let at = 10; at < 10 + 12 * file.readUInt16LE(8); at += 12)
      if (file.readUInt16LE(at) === tag) file.writeUInt32LE(to, file.readUInt32LE(at + 8) + 4 * strip);
    return file;
  };
  for (const [tag, to] of [
    [273, 0],
    [273, 1e8],
    [279, 0],
    [279, 1e8],
  ] as const)
    assert.equal(await codeOf(engine.make(changed(tag, 3, to), [{}])), 'truncated_image', `${tag} ${to}`);
  assert.equal(await codeOf(engine.make(Buffer.concat([whole, Buffer.alloc(9)]), [{}])), 'none');
});

test('of two widths the first one counts, which libtiff decodes: a second one cannot hide the size', async () => {
  const file = red({});
  const entryOf = (tag: number): number =>
    Array.from({ length: file.readUInt16LE(8) }, (_, i) => 10 + 12 * i).find(
      (at) => file.readUInt16LE(at) === tag,
    ) ?? 0;
  const second = entryOf(284); // the planar configuration, which has a default
  file.writeUInt16LE(256, second);
  file.writeUInt16LE(1, second + 8);
  const head = file.toString('base64');
  const { width, height } = await readHeader({ bytes: file.length, head });
  assert.deepEqual([width, height], [WIDTH, HEIGHT]);
  const { files } = await engine.make(file, [{}]);
  assert.deepEqual([files[0]?.width, files[0]?.height], [WIDTH, HEIGHT]);
});

test('a directory that repeats a tag thousands of times, with many values each, is read in bounded time', async () => {
  const entries = 65_535;
  const file = Buffer.alloc(800_000);
  file.write('II\x2a\0\x08\0\0\0', 'latin1');
  file.writeUInt16LE(entries, 8);
  for (let i = 0; i < entries; i += 1) {
    const tag = [256, 257, 273, 279, 324, 325][i % 6] ?? 0;
    file.set([tag & 255, tag >> 8, 4, 0], 10 + 12 * i);
    file.writeUInt32LE(tag < 258 ? 1 : 190_000, 14 + 12 * i);
    file.writeUInt32LE(8, 18 + 12 * i);
  }
  // Not decode_timeout: a decoder that read every value would be killed.
  assert.match(await codeOf(engine.make(file, [{}])), /^(truncated|corrupt)_image$/);
});
