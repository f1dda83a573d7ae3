import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { memoryLimit } from '../../src/pipeline/cost.ts';
import { residentMemory } from '../../src/pipeline/memory.ts';
import { MAX_PIXELS, MAX_SIDE } from '../../src/pipeline/limits.ts';
import type { Plan } from '../../src/pipeline/decoder-protocol.ts';
import { codeOf, startEngine } from '../support/engine.ts';
import { bomb, gifOfFrames, NOT_IMAGES, pngBomb, pngHeader } from '../support/hostile.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

const engine = await startEngine();
after(() => engine[Symbol.asyncDispose]());

const WEB = [
  { width: 1600, height: 1600 },
  { width: 400, height: 400 },
];
const PHOTO = photo(PHOTO_NAMES[0] ?? '');

/** The files that a decoder's image left behind. */
async function filesLeft(): Promise<string[]> {
  return readdir(engine.folder);
}

test('a PNG that is only a header is refused before it costs time or memory, whatever size it says', async () => {
  await engine.make(PHOTO, WEB); // the child has its libraries loaded
  for (const name of await filesLeft()) assert.match(name, /\.jpg$/);
  const [pid = 0] = engine.pool.pids();
  const before = residentMemory(pid) ?? 0;
  const shapes = [
    [25_000_000, 2],
    [2, 25_000_000],
    [0x7fffffff, 0x7fffffff],
    [MAX_SIDE + 1, 1],
    [7_000, 7_000],
    [MAX_SIDE, 3_000],
    [1, MAX_SIDE],
    [1, 1],
  ] as const;
  for (const [width, height] of shapes)
    for (const [depth, colour] of [
      [8, 6],
      [16, 6],
      [1, 3],
      [8, 0],
    ] as const)
      for (const interlaced of [0, 1] as const) {
        const header = pngHeader(width, height, { depth, colour, interlaced });
        assert.equal(header.length, 41);
        const code = await codeOf(engine.make(header, WEB));
        const isTooLarge = width > MAX_SIDE || height > MAX_SIDE;
        assert.equal(code, isTooLarge ? 'image_too_large' : 'truncated_image', `${width} x ${height}`);
      }
  assert.deepEqual(engine.pool.pids(), [pid], 'the child lives');
  const grown = (residentMemory(pid) ?? 0) - before;
  assert.ok(grown < 32e6, `${Math.round(grown / 1e6)} MB more than before`);
});

test('bombs within the limits are made, one with a million pixels more is refused, and the child stays small', async () => {
  const side = Math.floor(Math.sqrt(MAX_PIXELS));
  for (const [name, bytes] of [
    ['PNG', pngBomb(side, side, 0)],
    ['interlaced PNG', pngBomb(7000, 7000, 1)],
    ['progressive JPEG', await bomb('jpeg', side, side)],
    ['WebP', await bomb('webp', side, side)],
    ['GIF', await bomb('gif', side, side)],
    ['TIFF', await bomb('tiff', side, side)],
  ] as const) {
    assert.ok(bytes.length < 3_000_000, `${name} has ${bytes.length} bytes`);
    const { files } = await engine.make(bytes, WEB);
    assert.deepEqual([files[0]?.width, files[1]?.width], [1600, 400], name);
  }
  assert.equal(await codeOf(engine.make(pngBomb(side + 100, side, 0), WEB)), 'image_too_large');
});

test('a file that is cut anywhere is truncated_image, and leaves no output', async () => {
  const picture = sharp(PHOTO).resize(900);
  const frames = [PHOTO, photo(PHOTO_NAMES[1] ?? '')].map((bytes) =>
    sharp(bytes).resize(200, 200).png().toBuffer(),
  );
  const wholes: [string, Buffer][] = [
    ['jpeg', await picture.clone().jpeg().toBuffer()],
    ['progressive jpeg', await picture.clone().jpeg({ progressive: true }).toBuffer()],
    ['png', await picture.clone().png().toBuffer()],
    ['interlaced png', await picture.clone().png({ progressive: true }).toBuffer()],
    ['webp', await picture.clone().webp().toBuffer()],
    ['lossless webp', await picture.clone().webp({ lossless: true }).toBuffer()],
    ['gif', await picture.clone().gif().toBuffer()],
    [
      'moving gif',
      await sharp(await Promise.all(frames), { join: { animated: true } })
        .gif()
        .toBuffer(),
    ],
    ['tiff', await picture.clone().tiff().toBuffer()],
    ['avif', await picture.clone().avif({ effort: 0 }).toBuffer()],
  ];
  for (const name of await filesLeft()) assert.match(name, /\.jpg$/);
  const before = (await filesLeft()).length;
  for (const [name, whole] of wholes)
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      const what = `${name} cut at ${100 * share} %`;
      assert.equal(await codeOf(engine.make(cut, WEB)), 'truncated_image', what);
      assert.equal((await filesLeft()).length, before, what);
    }
});

test('files that are no images, or of unsupported formats, are refused by their bytes', async () => {
  for (const [name, bytes] of Object.entries(NOT_IMAGES)) {
    const code = await codeOf(engine.make(bytes, WEB));
    assert.match(code, /^(not_an_image|unsupported_format)$/, name);
  }
});

test('the first of thousands of frames is made, and all frames only within the limit of pixels', async () => {
  const many = gifOfFrames(5_000, 400, 300);
  const { files } = await engine.make(many, [{ width: 100, height: 100 }]);
  assert.deepEqual([files[0]?.width, files[0]?.height], [100, 75]);
  const all = engine.make(many, [{ format: 'webp', animated: true }]);
  assert.equal(await codeOf(all), 'image_too_large');
});

test('a child that uses more memory than its image should is killed, and its neighbour is not', async () => {
  const limitOf = (plan: Plan): number => (plan.format === 'avif' ? 300e6 : memoryLimit(plan));
  await using troubled = await startEngine({ memoryLimit: limitOf }, 2);
  const bombing = troubled.make(await bomb('avif', 8_000, 8_000), [{ width: 100 }]);
  const [code, neighbour] = await Promise.all([codeOf(bombing), codeOf(troubled.make(PHOTO, WEB))]);
  assert.deepEqual([code, neighbour], [process.platform === 'linux' ? 'decode_memory' : code, 'none']);
});

test('a child that hangs or is killed fails only its own image', async () => {
  await using troubled = await startEngine({ decodingMs: 1_000 }, 2);
  await troubled.make(PHOTO, [{ width: 100 }]);
  const harm = async (signal: NodeJS.Signals): Promise<string> => {
    const [pid = 0] = troubled.pool.pids();
    process.kill(pid, 'SIGSTOP'); // so that it has an image when it is killed
    // The pool takes the last child in the list first.
    const making = Promise.all(
      troubled.pool.pids().map(() => codeOf(troubled.make(PHOTO, [{ width: 100 }]))),
    );
    await sleep(100);
    process.kill(pid, signal);
    const codes = await making;
    assert.equal(codes.filter((code) => code === 'none').length, codes.length - 1, codes.join());
    return codes.find((code) => code !== 'none') ?? 'none';
  };
  assert.equal(await harm('SIGSTOP'), 'decode_timeout');
  assert.equal(await codeOf(troubled.make(PHOTO, [{ width: 100 }])), 'none');
  await Promise.all([1, 2].map(() => troubled.make(PHOTO, [{ width: 100 }])));
  assert.equal(await harm('SIGKILL'), 'decoder_crashed');
  assert.equal(await codeOf(troubled.make(PHOTO, [{ width: 100 }])), 'none');
});

test('a child is replaced after its number of images, and the next one starts within a second', async () => {
  await using short = await startEngine({ imagesPerChild: 3 });
  const pids = new Set<number>();
  for (let i = 0; i < 7; i += 1) {
    await short.make(PHOTO, [{ width: 50 }]);
    for (const pid of short.pool.pids()) pids.add(pid);
  }
  assert.equal(pids.size, 3);
});
