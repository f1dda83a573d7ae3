/** What the fit `object` makes of pictures: a product on a plain background is centred, others are told. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { amazon } from '../../../src/channels/builtin/amazon.ts';
import { google } from '../../../src/channels/builtin/google.ts';
import { judgeOf } from '../../../src/channels/verdict.ts';
import type { MadeFile } from '../../../src/pipeline/decoder-protocol.ts';
import type { FileMeasures, Unmet } from '../../../src/pipeline/file-measures.ts';
import type { RenditionInput } from '../../../src/presets/input.ts';
import { codeOf, startEngine } from '../../support/engine.ts';
import { anyFacts } from '../../support/facts.ts';
import { photo, PHOTO_NAMES } from '../../support/pictures.ts';

const engine = await startEngine({}, 2);
after(() => engine[Symbol.asyncDispose]());

type Place = { left: number; top: number; width: number; height: number };

/** A red box on a plain background. */
function redBox(picture: { width: number; height: number; background?: string }, place: Place): Sharp {
  const { background = '#ffffff', ...size } = picture;
  const { left, top, width, height } = place;
  const input = { create: { width, height, channels: 3 as const, background: '#c03020' } };
  return sharp({ create: { ...size, channels: 3, background } }).composite([{ input, left, top }]);
}

const jpeg = (picture: Sharp): Promise<Buffer> => picture.jpeg({ quality: 92 }).toBuffer();

const SQUARE = { fit: 'object', width: 1000, height: 1000, fill: 0.87, whiten: true } as const;
const PNG = { format: 'png' } as const;

type Fixed = { output: Buffer; file: MadeFile; measures: FileMeasures };

async function fixed(source: Buffer, change: Partial<RenditionInput> = {}): Promise<Fixed> {
  const { outputs, files } = await engine.make(source, [{ ...SQUARE, ...change }]);
  const [output, file] = [outputs[0], files[0]];
  assert.ok(output && file?.measures);
  return { output, file, measures: file.measures };
}

const rulesOf = ({ measures }: Fixed): string[] => measures.unmet.map(({ rule }) => rule);

function assertCentred({ file, measures }: Fixed, size: { width: number; height: number }): void {
  const { object } = measures;
  assert.ok(object);
  const near = (found: number, wanted: number, what: string) =>
    assert.ok(Math.abs(found - wanted) <= 8, `${what}: ${found}, not ${wanted}`);
  near(object.width, size.width, 'width');
  near(object.height, size.height, 'height');
  near(2 * object.left + object.width, file.width, 'centre across');
  near(2 * object.top + object.height, file.height, 'centre down');
}

/** The colours along the edge, in a ring of 1 % of the picture. */
async function ringColours(picture: Buffer): Promise<Set<string>> {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  const depth = Math.round(info.width / 100);
  const isInRing = (at: number, side: number): boolean => at < depth || at >= side - depth;
  const colours = new Set<string>();
  for (let y = 0; y < info.height; y += 1)
    for (let x = 0; x < info.width; x += 1)
      if (isInRing(x, info.width) || isInRing(y, info.height))
        colours.add(data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3).toString('hex'));
  return colours;
}

const SIZE = { width: 600, height: 900 };
const PLACES = [
  { left: 100, top: 100, ...SIZE },
  { left: 950, top: 150, ...SIZE },
  { left: 900, top: 650, ...SIZE },
];

test('boxes in three places become centred and equally large, on white to the last pixel', async () => {
  for (const background of ['#ffffff', '#fafbf8'])
    for (const place of PLACES) {
      const made = await fixed(await jpeg(redBox({ width: 1600, height: 1600, background }, place)));
      assertCentred(made, { width: 580, height: 870 });
      assert.deepEqual([...(await ringColours(made.output))], ['ffffff']);
      assert.deepEqual(made.measures.unmet, []);
      const whitened = background === '#ffffff' ? [] : ['whitened'];
      assert.deepEqual(made.measures.changes, ['cut', 'padded', ...whitened, 'recompressed']);
    }
});

test('a background of another colour is kept, without a frame, and told; or it is the one that is wanted', async () => {
  const [place] = PLACES;
  assert.ok(place);
  const source = await redBox({ width: 1600, height: 1600, background: '#f2f3f4' }, place).png().toBuffer();
  const made = await fixed(source, PNG);
  assertCentred(made, { width: 580, height: 870 });
  assert.deepEqual([...(await ringColours(made.output))], ['f2f3f4']);
  assert.deepEqual(made.measures.unmet, [
    { rule: 'background_white', measured: '#f2f3f4', required: '#ffffff' },
  ] satisfies Unmet[]);
  const wanted = await fixed(source, { ...PNG, background: '#f2f3f4', whiten: false });
  assert.deepEqual([...(await ringColours(wanted.output))], ['f2f3f4']);
  assert.deepEqual([wanted.measures.unmet, wanted.measures.changes], [[], ['cut', 'padded']]);
});

test('a scene, an empty picture and a product at the edge are told, and made as contain does', async () => {
  const [, , , , scene = ''] = PHOTO_NAMES;
  const atEdge = { left: 0, top: 300, width: 600, height: 600 };
  const edge = await redBox({ width: 1600, height: 1200 }, atEdge).png().toBuffer();
  const empty = await jpeg(
    sharp({ create: { width: 800, height: 600, channels: 3, background: '#ffffff' } }),
  );
  for (const [source, unmet] of [
    [photo(scene), { rule: 'plain', measured: 'a scene', required: 'plain' }],
    [edge, { rule: 'cut_off', measured: 'left', required: 'none' }],
    [empty, { rule: 'not_empty', measured: 'empty', required: 'an object' }],
  ] satisfies [Buffer, Unmet][]) {
    const made = await fixed(source);
    assert.deepEqual(made.measures.unmet, [unmet]);
    assert.deepEqual(made.measures.changes, ['padded', source === edge ? 'reformatted' : 'recompressed']);
    assert.deepEqual([made.file.width, made.file.height], [1000, 1000]);
    assert.equal(await codeOf(fixed(source, { on_unmet: 'fail' })), 'cannot_meet_rule');
  }
});

test('a product with too few pixels is not enlarged, or as far as it may be; or the file becomes smaller', async () => {
  const source = await jpeg(
    redBox({ width: 900, height: 900 }, { left: 20, top: 40, width: 300, height: 150 }),
  );
  const kept = await fixed(source);
  assertCentred(kept, { width: 300, height: 150 });
  assert.deepEqual(rulesOf(kept), ['min_sides']);
  assert.equal(kept.measures.unmet[0]?.required, 870);
  assert.deepEqual(kept.measures.changes, ['cut', 'padded', 'recompressed']);

  const enlarged = await fixed(source, { enlarge: 2 });
  assertCentred(enlarged, { width: 600, height: 300 });
  assert.ok(enlarged.measures.changes.includes('enlarged'));
  assert.equal(enlarged.measures.unmet[0]?.required, 435);

  const smaller = await fixed(source, { min_width: 300, height: 2000 });
  assertCentred(smaller, { width: 300, height: 150 });
  assert.deepEqual([smaller.file.width, smaller.file.height], [346, 692]);
  assert.deepEqual(smaller.measures.unmet, []);
  const tiny = await fixed(source, { min_width: 500 });
  assert.deepEqual([tiny.file.width, tiny.file.height, rulesOf(tiny)], [500, 500, ['min_sides']]);
  assert.equal(await codeOf(fixed(source, { on_unmet: 'fail' })), 'cannot_meet_rule');
  assert.equal(await codeOf(fixed(source, { on_unmet: 'fail', min_width: 300 })), 'none');
});

test('a product that is small in a large picture has all pixels of the source', async () => {
  const place = { left: 4000, top: 500, width: 1100, height: 900 };
  const source = await jpeg(redBox({ width: 6000, height: 4000 }, place));
  const made = await fixed(source);
  assertCentred(made, { width: 870, height: 712 });
  assert.deepEqual([made.measures.unmet, made.measures.changes], [[], ['cut', 'recompressed']]);
});

test('what was fixed passes the check, and to fix it again changes nothing', async () => {
  const [amazonJudge, googleJudge] = [amazon, google].map((channel) => judgeOf(channel, '2027-02-01'));
  for (const place of PLACES) {
    const source = await jpeg(
      redBox({ width: 2400, height: 2400, background: '#fdfdfd' }, { ...place, height: 1700 }),
    );
    const box = { width: 1600, height: 1600 };
    const made = await fixed(source, box);
    const { name: _, sha256: __, measures, ...file } = made.file;
    assert.ok(measures);
    const facts = anyFacts({ file: { format: 'jpeg', ...file, measures }, isPlaceholder: false });
    for (const judge of [amazonJudge, googleJudge])
      assert.deepEqual(
        judge?.(facts).rules.filter(({ result }) => result !== 'pass'),
        [],
      );
    const again = await fixed(made.output, box);
    assert.deepEqual([again.measures.changes, again.measures.unmet], [['recompressed'], []]);
    assert.deepEqual((await fixed(again.output, box)).measures.changes, ['recompressed']);
    const asPng = { ...box, ...PNG };
    const exact = await fixed(source, asPng);
    const same = await fixed(exact.output, asPng);
    assert.deepEqual(same.measures.changes, []);
    assert.deepEqual(same.output, exact.output);
  }
});

test('the picture is upright first, grey becomes colours, and what is transparent is the background', async () => {
  const place = { left: 900, top: 200, width: 400, height: 900 };
  const turned = await redBox({ width: 1600, height: 1300 }, place)
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 92 })
    .toBuffer();
  assertCentred(await fixed(turned, { width: 500, height: 500 }), { width: 435, height: 193 });

  const grey = await jpeg(redBox({ width: 1600, height: 1300 }, place).greyscale());
  assert.equal((await fixed(grey)).measures.colours, 'rgb');

  const cutOut = await redBox({ width: 1600, height: 1300 }, place)
    .ensureAlpha()
    .composite([
      { input: await redBox({ width: 1600, height: 1300 }, place).png().toBuffer() },
      {
        input: { create: { width: 400, height: 900, channels: 4, background: '#000000' } },
        ...{ left: 900, top: 200, blend: 'dest-in' },
      },
    ])
    .png()
    .toBuffer();
  const onWhite = await fixed(cutOut);
  assertCentred(onWhite, { width: 387, height: 870 });
  assert.deepEqual([[...(await ringColours(onWhite.output))], onWhite.measures.unmet], [['ffffff'], []]);
  const onGrey = await fixed(cutOut, { background: '#dddddd', whiten: false });
  assert.deepEqual([[...(await ringColours(onGrey.output))], onGrey.measures.unmet], [['dddddd'], []]);
  const clear = { ...PNG, background: 'transparent', whiten: false };
  const transparent = await fixed(cutOut, clear);
  assert.deepEqual([transparent.measures.transparent, transparent.measures.unmet], [true, []]);
  assert.deepEqual(rulesOf(await fixed(await jpeg(redBox({ width: 1600, height: 1300 }, place)), clear)), [
    'background_white',
  ]);
});

test('a white product on white keeps what is not connected to the edge', async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="1000"><rect width="1000" height="1000" fill="#fcfcfc"/>
    <ellipse cx="500" cy="500" rx="300" ry="430" fill="#f8f8f8" stroke="#c8c8c8" stroke-width="6"/>
    <ellipse cx="500" cy="500" rx="100" ry="130" fill="#eeeeee"/></svg>`;
  const { output, measures } = await fixed(await sharp(Buffer.from(svg)).png().toBuffer(), PNG);
  const { data, info } = await sharp(output).raw().toBuffer({ resolveWithObject: true });
  const level = (x: number, y: number): number => data[(y * info.width + x) * info.channels] ?? 0;
  assert.deepEqual([level(3, 3), level(500, 250), level(500, 500)], [255, 0xf8, 0xee]);
  assert.ok(measures.changes.includes('whitened'));
});

test('cover is cut around what is asked for', async () => {
  const source = await redBox({ width: 1200, height: 400 }, { left: 850, top: 50, width: 250, height: 300 })
    .png()
    .toBuffer();
  const cover = { fit: 'cover', width: 300, height: 300, format: 'png' } as const;
  const { outputs } = await engine.make(source, [
    cover,
    { ...cover, position: 'object' },
    { ...cover, position: 'attention' },
    { ...cover, position: 'entropy' },
  ]);
  const reds = await Promise.all(
    outputs.map(async (output) => {
      const { data } = await sharp(output).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const red = Array.from({ length: 300 }, (_, x) => data[(150 * 300 + x) * 3 + 1] !== 255);
      return [red.indexOf(true), red.lastIndexOf(true)];
    }),
  );
  assert.deepEqual(reds[0], [-1, -1], 'the centre');
  const [from = 0, to = 0] = reds[1] ?? [];
  assert.ok(from > 0 && Math.abs(from + to - 299) <= 2, `the object in the middle: ${from} to ${to}`);
  for (const [first = -1] of reds.slice(2)) assert.ok(first >= 0);
  const [, , , , scene = ''] = PHOTO_NAMES;
  const [asObject, asAttention] = (
    await engine.make(photo(scene), [
      { ...cover, position: 'object' },
      { ...cover, position: 'attention' },
    ])
  ).outputs;
  assert.deepEqual(asObject, asAttention, 'a scene has no object');
});
