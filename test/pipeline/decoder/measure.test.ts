/** Each measure on pictures that are made for it, at both sides of its limit. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import type { Box, Content, Measures } from '../../../src/pipeline/measures.ts';
import { startEngine } from '../../support/engine.ts';
import { photo, PHOTO_NAMES } from '../../support/pictures.ts';

const engine = await startEngine({}, 2);
after(() => engine[Symbol.asyncDispose]());

async function contentOf(picture: Sharp | Buffer): Promise<Content> {
  const bytes = Buffer.isBuffer(picture) ? picture : await picture.png().toBuffer();
  return (await engine.make(bytes, [])).content;
}

async function measured(picture: Sharp | Buffer): Promise<Measures> {
  return (await contentOf(picture)).measures;
}

type Part = Box & { colour: string };

/** Rectangles on a background. */
function made(width: number, height: number, background: string, ...parts: Part[]): Sharp {
  const layers = parts.map((part) => ({
    input: { create: { ...part, channels: 4 as const, background: part.colour } },
    left: part.left,
    top: part.top,
  }));
  return sharp({ create: { width, height, channels: 3, background } }).composite(layers);
}

function box(left: number, top: number, width: number, height: number, colour = '#c03020'): Part {
  return { left, top, width, height, colour };
}

function isNear(found: Box | null, { left, top, width, height }: Box, tolerance: number): boolean {
  const differences = found && [
    found.left - left,
    found.top - top,
    found.left + found.width - left - width,
    found.top + found.height - top - height,
  ];
  return differences?.every((difference) => Math.abs(difference) <= tolerance) ?? false;
}

test('the object is the box of what differs from a plain background, in pixels of the source', async () => {
  const object = box(130, 70, 501, 333);
  const { colour: _, ...place } = object;
  for (const background of ['#ffffff', '#f2f3f4', '#203040']) {
    const found = await measured(made(800, 600, background, object));
    assert.deepEqual(found.object, place, background);
    assert.equal(found.background, background);
    assert.deepEqual([found.plain, found.empty, found.touches], [true, false, []]);
    assert.deepEqual([found.fill, found.fill_box], [0.6262, 0.3475]); // 501 / 800, 501 * 333 / (800 * 600)
  }
});

test('the object of a JPEG, and of one that is shrunk while it is decoded, is right to a block', async () => {
  const object = box(900, 500, 1500, 1777);
  const large = await made(4000, 3000, '#ffffff', object).png().toBuffer();
  for (const quality of [60, 90]) {
    const found = await measured(await sharp(large).jpeg({ quality }).toBuffer());
    assert.deepEqual(found.measured, { width: 1600, height: 1200 });
    assert.ok(isNear(found.object, object, 8), `${quality} ${JSON.stringify(found.object)}`);
    const small = await made(1000, 1000, '#ffffff', box(200, 300, 501, 333))
      .jpeg({ quality })
      .toBuffer();
    const { object: same } = await measured(small);
    assert.ok(isNear(same, box(200, 300, 501, 333), 8), `${quality} ${JSON.stringify(same)}`);
  }
});

test('an object is what fills more than 0.2 % of a row and of a column, wherever it is thin', async () => {
  const body = box(500, 700, 500, 500);
  const aerial = (width: number) => measured(made(1500, 1500, '#ffffff', body, box(733, 300, width, 400)));
  assert.equal((await aerial(3)).object?.top, 700); // 3 of 1500 pixels are 0.2 %
  assert.equal((await aerial(4)).object?.top, 300);
  const dust = await measured(made(1500, 1500, '#ffffff', body, box(100, 100, 1, 1)));
  assert.deepEqual(dust.object, { left: 500, top: 700, width: 500, height: 500 });
});

test('a pixel differs from the background by more than 16 in a channel', async () => {
  const object = (colour: string) => measured(made(300, 300, '#f0f0f0', box(100, 100, 80, 80, colour)));
  assert.equal((await object('#f0f0e0')).empty, true);
  assert.equal((await object('#f0f0df')).empty, false);
});

test('the ring is white where all channels are at least 250', async () => {
  const white = async (colour: string) => (await measured(made(200, 100, colour))).border_white;
  assert.deepEqual([await white('#fafafa'), await white('#fafaf9'), await white('#ffffff')], [1, 0, 1]);
  const line = await measured(made(400, 400, '#ffffff', box(0, 0, 400, 1, '#000000')));
  assert.ok(line.border_white < 1, 'a frame of one pixel is seen');
  const half = await measured(made(400, 400, '#ffffff', box(0, 0, 200, 400, '#203040')));
  assert.ok(Math.abs(half.border_white - 0.5) < 0.01, String(half.border_white));
});

test('the ring is 1 % of the shorter side, and at least 2 pixels', async () => {
  const white = async (side: number, inset: number) =>
    (await measured(made(side, side, '#ffffff', box(inset, inset, side - 2 * inset, side - 2 * inset))))
      .border_white;
  assert.deepEqual([await white(1000, 10), (await white(1000, 9)) < 1], [1, true]);
  assert.deepEqual([await white(100, 2), (await white(100, 1)) < 1], [1, true]);
});

test('plain: two opposite sides are uniform to 95 %', async () => {
  const plain = async (...parts: Part[]) => (await measured(made(1000, 1000, '#ffffff', ...parts))).plain;
  const [bottle, scene] = [box(300, 0, 400, 1000), [box(0, 0, 1000, 100), box(0, 0, 100, 1000)]];
  assert.equal(await plain(bottle), true, 'left and right are plain');
  assert.equal(await plain(...scene), false);
  assert.equal(await plain(...scene, box(0, 110, 990, 100)), false, 'no object is told');
  assert.equal(await plain(box(300, 0, 40, 900), box(0, 300, 900, 40)), true, '4 % of top and left');
  const four = (size: number) => [box(300, 0, size, 1000), box(0, 300, 1000, size)];
  assert.deepEqual([await plain(...four(40)), await plain(...four(70))], [true, false]);
  const { object, fill, fill_box: area } = await measured(photo(PHOTO_NAMES[0] ?? ''));
  assert.deepEqual([object, fill, area], [null, null, null], 'a photograph of a scene');
});

test('fill is that of the longer relation: a bottle cannot fill 85 % of a square', async () => {
  const fill = async (height: number) =>
    (await measured(made(1000, 1000, '#ffffff', box(400, 50, 200, height)))).fill;
  assert.deepEqual([await fill(849), await fill(850), await fill(851)], [0.849, 0.85, 0.851]);
});

test('an object touches the sides where it reaches the ring', async () => {
  const touches = async (...place: [number, number, number, number]) =>
    (await measured(made(1000, 1000, '#ffffff', box(...place)))).touches;
  assert.deepEqual(await touches(300, 10, 400, 500), []);
  assert.deepEqual(await touches(300, 9, 400, 500), ['top']);
  assert.deepEqual(await touches(300, 300, 400, 691), ['bottom']);
  assert.deepEqual(await touches(300, 300, 700, 400), ['right']);
  assert.deepEqual(await touches(0, 300, 1000, 400), ['right', 'left']);
});

test('transparent: any pixel that is not opaque; it is measured over white', async () => {
  const layer = (alpha: number) =>
    sharp({ create: { width: 64, height: 64, channels: 4, background: { r: 255, g: 0, b: 0, alpha } } });
  const clear = await measured(layer(0));
  assert.deepEqual([clear.transparent, clear.empty, clear.background], [true, true, '#ffffff']);
  assert.equal((await measured(layer(1))).transparent, false);
  const pixels = Buffer.alloc(64 * 64 * 4, 255);
  pixels[4 * 100 + 3] = 254;
  const one = sharp(pixels, { raw: { width: 64, height: 64, channels: 4 } });
  assert.deepEqual([(await measured(one)).transparent, (await measured(one)).empty], [true, true]);
});

test('grey: the channels are nowhere more than 4 apart', async () => {
  const grey = async (picture: Sharp | Buffer) => (await measured(picture)).grey;
  assert.deepEqual([await grey(made(99, 99, '#808480')), await grey(made(99, 99, '#808580'))], [true, false]);
  const photograph = sharp(photo(PHOTO_NAMES[1] ?? '')).resize(600);
  assert.equal(await grey(await photograph.clone().jpeg().toBuffer()), false);
  for (const space of ['b-w', 'srgb'] as const) {
    const bytes = await photograph.clone().greyscale().toColourspace(space).jpeg().toBuffer();
    assert.equal(await grey(bytes), true, space);
  }
});

test('the quality of a JPEG is read from its table; other tables and formats have none', async () => {
  const picture = sharp(photo(PHOTO_NAMES[1] ?? '')).resize(120);
  for (const quality of [1, 20, 49, 50, 75, 90, 95, 100])
    assert.equal((await measured(await picture.clone().jpeg({ quality }).toBuffer())).jpeg_quality, quality);
  const progressive = await picture.clone().jpeg({ quality: 83, progressive: true }).toBuffer();
  assert.equal((await measured(progressive)).jpeg_quality, 83);
  const others = [
    picture.clone().jpeg({ quality: 80, mozjpeg: true }),
    picture.clone().png(),
    picture.clone().webp(),
  ];
  for (const other of others) assert.equal((await measured(await other.toBuffer())).jpeg_quality, null);
});

test('sharpness tells enlarged and blurred photographs from others, and nothing of shrunk ones', async () => {
  const sharpness = async (picture: Sharp) =>
    (await measured(await picture.jpeg({ quality: 90 }).toBuffer())).sharpness ?? Number.NaN;
  for (const name of [PHOTO_NAMES[0], PHOTO_NAMES[4], PHOTO_NAMES[5]]) {
    const bytes = photo(name ?? '');
    const small = await sharp(bytes).resize(300, 300, { fit: 'inside' }).png().toBuffer();
    assert.ok((await sharpness(sharp(bytes).resize(1200, 1200, { fit: 'inside' }))) > 0.3);
    assert.ok((await sharpness(sharp(small).resize(1200, 1200, { fit: 'inside' }))) < 0.15);
    assert.equal((await measured(bytes)).sharpness, null, 'decoding it shrinks');
  }
  assert.equal((await measured(made(600, 600, '#ffffff'))).sharpness, null, 'nothing has an edge');
});

test('ai: the digital source type says that it was generated', async () => {
  const of = async (type: string) => {
    const about = `<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/${type}</Iptc4xmpExt:DigitalSourceType></rdf:Description>`;
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${about}</rdf:RDF></x:xmpmeta>`;
    const results = [made(60, 60, '#ffffff').withXmp(xmp).jpeg(), made(60, 60, '#ffffff').withXmp(xmp).png()];
    return Promise.all(results.map(async (picture) => (await measured(await picture.toBuffer())).ai));
  };
  assert.deepEqual(await of('trainedAlgorithmicMedia'), [true, true]);
  assert.deepEqual(await of('digitalCapture'), [false, false]);
});

test('all is upright: an object is where it is seen, whatever the orientation', async () => {
  const picture = await made(400, 300, '#ffffff', box(40, 30, 100, 60))
    .png()
    .toBuffer();
  for (let orientation = 1; orientation <= 8; orientation += 1) {
    const turned = await sharp(picture).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const { width, height, measures } = await contentOf(turned);
    const upright = await contentOf(await sharp(turned).autoOrient().png().toBuffer());
    assert.deepEqual([width, height], orientation < 5 ? [400, 300] : [300, 400]);
    assert.ok(isNear(measures.object, upright.measures.object ?? box(0, 0, 0, 0), 1), String(orientation));
  }
  const almostSquare = await made(4001, 4000, '#ffffff', box(40, 30, 900, 60))
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const { width, height, measures } = await contentOf(almostSquare);
  assert.deepEqual([measures.measured, width, height], [{ width: 1600, height: 1600 }, 4000, 4001]);
});

test('tiny and odd pictures have measures too', async () => {
  const sizes = [
    [1, 1],
    [1, 700],
    [700, 1],
    [2, 2],
    [3, 5],
    [7, 4000],
  ] as const;
  for (const [width, height] of sizes) {
    const { measures, lookHash, ...size } = await contentOf(made(width, height, '#336699'));
    assert.deepEqual(size, { width, height });
    assert.deepEqual([measures.background, measures.plain, measures.empty], ['#336699', true, true]);
    assert.deepEqual([measures.border_white, measures.border_uniform, lookHash], [0, 1, null]);
  }
  const line = await measured(made(1, 700, '#ffffff', box(0, 300, 1, 100)));
  assert.deepEqual(line.object, { left: 0, top: 300, width: 1, height: 100 });
  const white = await measured(await made(500, 500, '#ffffff').jpeg({ quality: 30 }).toBuffer());
  assert.deepEqual([white.empty, white.border_white, white.fill, white.touches], [true, 1, null, []]);
});

test('16 bits, CMYK, grey, palettes and animations are measured as they look', async () => {
  const picture = await made(300, 200, '#ffffff', box(60, 40, 90, 70))
    .png()
    .toBuffer();
  const frames = [picture, await made(300, 200, '#000000').png().toBuffer()];
  const others: Record<string, Buffer> = {
    '16 bits': await sharp(picture).toColourspace('rgb16').png().toBuffer(),
    CMYK: await sharp(picture).toColourspace('cmyk').tiff({ compression: 'lzw' }).toBuffer(),
    grey: await sharp(picture).greyscale().png().toBuffer(),
    palette: await sharp(picture).png({ palette: true }).toBuffer(),
    WebP: await sharp(picture).webp({ lossless: true }).toBuffer(),
    'animated GIF': await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer(),
    'grey with alpha': await sharp(picture).greyscale().ensureAlpha().png().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(others)) {
    const { object, border_white: white, transparent } = await measured(bytes);
    assert.deepEqual(object, { left: 60, top: 40, width: 90, height: 70 }, name);
    assert.deepEqual([white, transparent], [1, false], name);
  }
});

test('the renditions do not matter: a picture is measured on the pixels that they are made of', async () => {
  const bytes = await made(1000, 800, '#ffffff', box(200, 100, 500, 600))
    .jpeg({ quality: 90 })
    .toBuffer();
  const alone = await measured(bytes);
  const { content } = await engine.make(bytes, [{ width: 400, height: 400, trim: true }, { width: 300 }]);
  assert.deepEqual(content.measures.measured, { width: 300, height: 240 });
  assert.ok(isNear(content.measures.object, alone.object ?? box(0, 0, 0, 0), 8));
  const whole = await engine.make(bytes, [{}]);
  assert.deepEqual(whole.content.measures, alone);
});
