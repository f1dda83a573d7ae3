/** Whether copies of a picture look the same, and other pictures do not: on photographs and on cut-outs that are made. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import type { Content } from '../../src/pipeline/measures.ts';
import { isSameLook, type Look, lookDistance, SAME_LOOK_BITS } from '../../src/pipeline/same-look.ts';
import { startEngine } from '../support/engine.ts';
import { cutOut } from '../support/cut-outs.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

const engine = await startEngine({}, 2);
after(() => engine[Symbol.asyncDispose]());

const CUT_OUTS = 40;
const originals: Buffer[] = [];
let looks: Look[] = [];

before(async () => {
  for (const name of PHOTO_NAMES)
    originals.push(await sharp(photo(name)).resize(800, 800, { fit: 'inside' }).png().toBuffer());
  for (let i = 0; i < CUT_OUTS; i += 1) originals.push(await cutOut(i));
  looks = await looksOf(originals);
});

function looksOf(pictures: Buffer[]): Promise<Look[]> {
  return Promise.all(pictures.map(async (bytes) => lookOf((await engine.make(bytes, [])).content)));
}

function lookOf({ lookHash, measures }: Content): Look {
  assert.match(lookHash ?? '', /^[0-9a-f]{64}$/);
  return { hash: lookHash ?? '', chroma: measures.chroma };
}

const CHANGES: Record<string, (bytes: Buffer, size: { width: number; height: number }) => Promise<Buffer>> = {
  'recompressed with quality 20': (bytes) => sharp(bytes).jpeg({ quality: 20 }).toBuffer(),
  'of half the size': (bytes, { width }) =>
    sharp(bytes)
      .resize(width >> 1)
      .jpeg()
      .toBuffer(),
  brighter: (bytes) => sharp(bytes).linear(1.08, 4).jpeg().toBuffer(),
  'cropped by 2 %': (bytes, { width, height }) =>
    sharp(bytes)
      .extract({
        left: Math.round(width * 0.01),
        top: Math.round(height * 0.01),
        width: Math.round(width * 0.98),
        height: Math.round(height * 0.98),
      })
      .jpeg()
      .toBuffer(),
};

for (const [name, change] of Object.entries(CHANGES))
  test(`a picture looks the same as itself ${name}, at least in 95 % of cases`, async () => {
    const copies = await Promise.all(
      originals.map(async (bytes) => change(bytes, await sharp(bytes).metadata())),
    );
    const pairs = (await looksOf(copies)).map((copy, i) => ({ copy, original: looks[i] as Look }));
    const same = pairs.filter(({ copy, original }) => isSameLook(copy, original));
    const distances = pairs.map(({ copy, original }) => lookDistance(copy.hash, original.hash));
    assert.ok(
      same.length >= 0.95 * pairs.length,
      `${same.length} of ${pairs.length}: ${distances.join(' ')}`,
    );
  });

test('different pictures do not look the same', () => {
  const pairs = looks.flatMap((one, i) =>
    looks.slice(i + 1).map((other) => lookDistance(one.hash, other.hash)),
  );
  assert.equal(pairs.length, (looks.length * (looks.length - 1)) / 2);
  assert.ok(Math.min(...pairs) > SAME_LOOK_BITS, `the nearest are ${Math.min(...pairs)} apart`);
});

test('variants in another colour share a shape, and do not look the same', async () => {
  const changed = await Promise.all(
    originals.slice(PHOTO_NAMES.length).map((bytes) => sharp(bytes).modulate({ hue: 120 }).png().toBuffer()),
  );
  const pairs = (await looksOf(changed)).map(
    (other, i) => [other, looks[PHOTO_NAMES.length + i] as Look] as const,
  );
  const alike = pairs.filter(
    ([other, original]) => lookDistance(other.hash, original.hash) <= SAME_LOOK_BITS,
  );
  assert.ok(alike.length > pairs.length / 2, 'the hash sees no colour');
  const same = pairs.filter(([other, original]) => isSameLook(other, original));
  assert.ok(same.length <= 0.05 * pairs.length, `${same.length} of ${pairs.length}`);
});

test('a small copy of a sign looks like the large one; empty pictures look like nothing', async () => {
  const sign = await sharp(
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="1200"><rect width="1200" height="1200" fill="#eee"/><rect x="300" y="350" width="600" height="440" rx="40" fill="none" stroke="#999" stroke-width="40"/><circle cx="600" cy="570" r="130" fill="#999"/></svg>',
    ),
  )
    .png()
    .toBuffer();
  const sizes = [900, 400, 150, 80].map((side) => sharp(sign).resize(side).jpeg().toBuffer());
  const [large, ...small] = await looksOf([sign, ...(await Promise.all(sizes))]);
  for (const look of small)
    assert.ok(large && isSameLook(large, look), `${lookDistance(large?.hash ?? '', look.hash)}`);
  for (const colour of ['#ffffff', '#000000']) {
    const empty = sharp({ create: { width: 500, height: 500, channels: 3, background: colour } });
    assert.equal((await engine.make(await empty.png().toBuffer(), [])).content.lookHash, null);
  }
});

test('distances count differing bits, from 0 to 256', () => {
  assert.equal(lookDistance('0'.repeat(64), 'f'.repeat(64)), 256);
  assert.equal(lookDistance(`${'0'.repeat(63)}1`, `8${'0'.repeat(63)}`), 2);
  assert.equal(lookDistance('89abcdef'.repeat(8), '89abcdef'.repeat(8)), 0);
});

test('the same look ends behind 31 bits, and behind a chroma of 6', () => {
  const look = (bits: number, chroma: number): Look => ({
    hash: BigInt(`0b${'1'.repeat(bits)}0`)
      .toString(16)
      .padStart(64, '0'),
    chroma: [chroma, 0],
  });
  const original: Look = { hash: '0'.repeat(64), chroma: [0, 0] };
  assert.deepEqual(
    [look(31, 6), look(32, 0), look(0, 6.1)].map((other) => isSameLook(original, other)),
    [true, false, false],
  );
});
