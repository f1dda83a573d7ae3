/**
 * Every format, whole, cut and damaged, through real decoders. Other decoders judge the results: sharp with other
 * settings and, for JPEG and PNG, decoders in JavaScript.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import sharp, { type SharpOptions } from 'sharp';
import { corpus, damaged, type Kind } from '../support/corpus.ts';
import { startEngine } from '../support/engine.ts';
import { random } from '../support/random.ts';

const engine = await startEngine({}, 2);
after(() => engine[Symbol.asyncDispose]());
const KINDS = await corpus();

type Seen = { data: Buffer; width: number; height: number } | undefined;

/** The picture made of a file, as sRGB with alpha, or the code of its problem. */
async function made(bytes: Buffer): Promise<{ picture: Seen; code: string }> {
  try {
    const { outputs } = await engine.make(bytes, [{ format: 'png' }]);
    return { picture: await seenBy(outputs[0] as Buffer, 'warning'), code: 'none' };
  } catch (error) {
    return { picture: undefined, code: (error as { code?: string }).code ?? (error as Error).message };
  }
}

async function seenBy(bytes: Buffer, failOn: SharpOptions['failOn']): Promise<Seen> {
  const image = sharp(bytes, { failOn }).autoOrient().toColourspace('srgb').ensureAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const orNothing = (seeing: Promise<Seen>): Promise<Seen> => seeing.catch(() => undefined);

/** The mean difference of two pictures' values; infinite if their sizes differ, or one is missing. */
function difference(a: Seen, b: Seen): number {
  if (!a || !b || a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (const [i, value] of a.data.entries()) sum += Math.abs(value - (b.data[i] ?? 0));
  return sum / a.data.length;
}

const isSame = (a: Seen, b: Seen): boolean => difference(a, b) === 0;

/** The picture that a decoder unrelated to libvips sees; undefined: it refuses, or there is none for the format. */
function seenIndependently({ name, format }: Kind, bytes: Buffer): Seen {
  try {
    if (format === 'jpeg' && name !== 'CMYK JPEG') {
      const { data, width, height } = jpeg.decode(bytes, { tolerantDecoding: false });
      return { data: Buffer.from(data), width, height };
    }
    if (format !== 'png') return undefined;
    const { data, width, height, channels, depth, palette } = decodePng(bytes, { checkCrc: true });
    return { data: rgba(data, { channels, depth, palette }), width, height };
  } catch {
    return undefined;
  }
}

type PngPixels = { channels: number; depth: number; palette: ReturnType<typeof decodePng>['palette'] };

function rgba(data: ArrayLike<number>, { channels, depth, palette }: PngPixels): Buffer {
  const pixels: number[] = [];
  for (let i = 0; i < data.length; i += channels) {
    const stored = Array.from(
      { length: channels },
      (_, sample) => (data[i + sample] ?? 0) >> (depth === 16 ? 8 : 0),
    );
    const colours = palette ? (palette[stored[0] ?? 0] ?? []) : stored;
    pixels.push(...colours, ...(colours.length === 4 ? [] : [255]));
  }
  return Buffer.from(pixels);
}

test('whole files of every kind are made, and other decoders see the same picture', async () => {
  for (const kind of KINDS) {
    const { picture, code } = await made(kind.bytes);
    assert.ok(isSame(picture, await seenBy(kind.bytes, 'warning')), `${kind.name}: ${code}`);
    if (kind.name === 'CMYK JPEG' || (kind.format !== 'jpeg' && kind.format !== 'png')) continue;
    const apart = difference(picture, seenIndependently(kind, kind.bytes));
    assert.ok(apart < 1.5, `${kind.name}: ${apart} from an independent decoder`);
  }
});

// Bytes at the end of a file without pixels: an end marker; Adler-32, CRC and IEND; a terminator and a trailer.
const ENDS: Partial<Record<Kind['format'], number>> = { jpeg: 2, png: 20, gif: 2 };

/** The last two blocks of a JPEG cannot be verified. */
function butCorner(seen: Seen, { format }: Kind): Seen {
  if (!seen || format !== 'jpeg') return seen;
  const data = Buffer.from(seen.data);
  for (let y = seen.height - 16; y < seen.height; y += 1)
    data.fill(0, 4 * ((y + 1) * seen.width - 16), 4 * (y + 1) * seen.width);
  return { ...seen, data };
}

test('a file that is cut anywhere gives the same picture or none', async () => {
  for (const kind of KINDS) {
    const whole = await seenBy(kind.bytes, 'warning');
    const shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99];
    const lengths = shares.map((share) => Math.floor(kind.bytes.length * share));
    for (let missing = 1; missing <= 24; missing += 1) lengths.push(kind.bytes.length - missing);
    for (const length of lengths) {
      const cut = kind.bytes.subarray(0, length);
      const { picture, code } = await made(cut);
      const what = `${kind.name}, ${length} of ${kind.bytes.length} bytes: ${code}`;
      if (picture)
        assert.ok(isSame(butCorner(picture, kind), butCorner(whole, kind)), `${what}, wrongly made`);
      else {
        assert.equal(code, 'truncated_image', what);
        assert.ok(kind.bytes.length - length > (ENDS[kind.format] ?? 0), `${what}, wrongly refused`);
      }
    }
  }
});

const REFUSED = /^(truncated_image|corrupt_image|unsupported_format|not_an_image|image_too_large)$/;

test('a damaged file gives only a picture that other decoders see as well, and stops no decoder', async () => {
  const dice = random(20_261_125);
  for (const kind of KINDS) {
    const whole = await seenBy(kind.bytes, 'warning');
    for (let i = 0; i < 20; i += 1) {
      const bytes = damaged(kind.bytes, dice);
      const { picture, code } = await made(bytes);
      const strict = await orNothing(seenBy(bytes, 'warning'));
      const what = `${kind.name}, case ${i}: ${code}`;
      if (picture && !isSame(butCorner(picture, kind), butCorner(whole, kind))) {
        const isSeenByAnother = difference(picture, seenIndependently(kind, bytes)) < 1.5;
        assert.ok(isSame(picture, strict) || isSeenByAnother, `${what}, wrongly made`);
      }
      if (picture) continue;
      assert.match(code, REFUSED, what);
      assert.ok(!isSame(strict, whole), `${what}, wrongly refused`);
    }
  }
});
