import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { codeOf, startEngine } from '../../support/engine.ts';
import { photo, PHOTO_NAMES, visualDistance } from '../../support/pictures.ts';

const engine = await startEngine({}, 2);
after(() => engine[Symbol.asyncDispose]());

const [ONE = '', ANOTHER = '', , , LARGE = ''] = PHOTO_NAMES;
const FORMATS = ['jpeg', 'mozjpeg', 'png', 'webp', 'avif'] as const;

/** The colour of a pixel, as sRGB with alpha. */
async function pixel(picture: Buffer, left: number, top: number): Promise<number[]> {
  const one = sharp(picture).extract({ left, top, width: 1, height: 1 });
  return [...(await one.ensureAlpha().raw().toBuffer())];
}

function isNear(found: number[], wanted: number[], tolerance = 6): boolean {
  return (
    found.length === wanted.length &&
    found.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) <= tolerance)
  );
}

function plain(colour: string, { width = 60, height = 40 } = {}): Sharp {
  return sharp({ create: { width, height, channels: 4, background: colour } });
}

test('each fit gives the right size and shows the right part', async () => {
  const source = photo(LARGE); // 3088 x 2056
  const { outputs, files } = await engine.make(source, [
    { width: 800, height: 800 },
    { width: 500 },
    { height: 300 },
    { fit: 'cover', width: 400, height: 400 },
    { fit: 'contain', width: 600, height: 600, background: '#ff0000' },
    { fit: 'contain', width: 4000, height: 4000, background: '#00ff00' },
    {},
  ]);
  assert.deepEqual(
    files.map(({ width, height }) => [width, height]),
    [
      [800, 533],
      [500, 333],
      [451, 300],
      [400, 400],
      [600, 600],
      [4000, 4000],
      [3088, 2056],
    ],
  );
  const [inside, , , cover, contain, large, same] = outputs as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const reference = async (shape: Sharp): Promise<Buffer> => shape.png().toBuffer();
  assert.ok((await visualDistance(inside, source)) < 5);
  assert.ok((await visualDistance(same, source)) < 5);
  assert.ok((await visualDistance(cover, await reference(sharp(source).resize(400, 400)))) < 5);
  assert.ok(isNear(await pixel(contain, 300, 10), [255, 0, 0, 255]), 'padding above');
  const middle = await sharp(contain)
    .extract({ left: 0, top: 100, width: 600, height: 399 })
    .png()
    .toBuffer();
  const distance = await visualDistance(middle, source);
  assert.ok(distance < 6, `the picture in the middle: ${distance}`);
  assert.ok(isNear(await pixel(large, 20, 20), [0, 255, 0, 255]), 'never enlarged, but on a canvas');
});

test('every output format shows the picture, in the order of the preset', async () => {
  const { outputs, files } = await engine.make(
    photo(ONE),
    FORMATS.map((format) => ({ format, width: 300, height: 300 })),
  );
  for (const [i, output] of outputs.entries()) {
    const { format, compression } = await sharp(output).metadata();
    const found = compression === 'av1' ? 'avif' : format;
    assert.equal(found, FORMATS[i] === 'mozjpeg' ? 'jpeg' : FORMATS[i]);
    assert.equal(files[i]?.bytes, output.length);
    assert.ok((await visualDistance(output, photo(ONE))) < 5, `format ${i}`);
  }
  assert.ok((files[1]?.bytes ?? 0) < (files[0]?.bytes ?? 0), 'mozjpeg is smaller');
});

test('max_bytes is never exceeded, is met with the highest quality, or fails with its own code', async () => {
  const sizes = async (format: (typeof FORMATS)[number], max_bytes?: number): Promise<number> => {
    const rendition = { format, width: 300, height: 300, ...(max_bytes !== undefined && { max_bytes }) };
    return (await engine.make(photo(ANOTHER), [rendition])).files[0]?.bytes ?? 0;
  };
  for (const format of FORMATS) {
    const free = await sizes(format);
    const limit = Math.round(free * 0.7);
    const limited = await sizes(format, limit);
    assert.ok(limited <= limit, `${format}: ${limited} of ${limit}`);
    if (format !== 'png')
      assert.ok(limited > limit * 0.85, `${format}: ${limited} of ${limit} is less than it could be`);
    assert.equal(await codeOf(sizes(format, 150)), 'cannot_meet_max_bytes', format);
  }
  const exact = await sizes('jpeg');
  assert.equal(await sizes('jpeg', exact), exact);
});

test('transparency is kept if the format has it, and becomes the background otherwise', async () => {
  const half = await plain('#ff000000').png({ palette: true }).toBuffer();
  const { outputs } = await engine.make(half, [
    { format: 'png' },
    { format: 'webp' },
    { format: 'avif' },
    { format: 'jpeg', background: '#0000ff' },
    { format: 'png', fit: 'contain', width: 80, height: 80, background: 'transparent' },
  ]);
  for (const i of [0, 1, 2]) assert.equal((await pixel(outputs[i] as Buffer, 5, 5))[3], 0, `format ${i}`);
  assert.ok(isNear(await pixel(outputs[3] as Buffer, 5, 5), [0, 0, 255, 255]));
  assert.equal((await pixel(outputs[4] as Buffer, 0, 0))[3], 0);
});

test('colours of any source become sRGB of 8 bits', async () => {
  const red = plain('#d02010').removeAlpha();
  const sources: [string, Buffer, number[]][] = [
    ['P3', await red.clone().withIccProfile('p3').png().toBuffer(), [208, 32, 16, 255]],
    ['CMYK', await red.clone().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), [208, 32, 16, 255]],
    ['16 bits', await red.clone().toColourspace('rgb16').png().toBuffer(), [208, 32, 16, 255]],
    ['grey', await red.clone().toColourspace('b-w').png().toBuffer(), [98, 98, 98, 255]],
    ['palette', await red.clone().png({ palette: true }).toBuffer(), [208, 32, 16, 255]],
  ];
  for (const [name, source, colour] of sources) {
    const { outputs } = await engine.make(
      source,
      FORMATS.map((format) => ({ format })),
    );
    for (const [i, output] of outputs.entries()) {
      const { depth, space, channels, icc } = await sharp(output).metadata();
      assert.deepEqual(
        [depth, space, icc, channels],
        ['uchar', 'srgb', undefined, 3],
        `${name} ${FORMATS[i]}`,
      );
      const found = await pixel(output, 30, 20);
      assert.ok(isNear(found, colour, name === 'CMYK' ? 40 : 12), `${name} ${FORMATS[i]}: ${found.join()}`);
    }
  }
});

test('all eight orientations end upright, also when the fit cuts the picture', async () => {
  const upright = await sharp(photo(LARGE)).resize(300, 200).png().toBuffer();
  for (let orientation = 1; orientation <= 8; orientation += 1) {
    const turned = await sharp(photo(LARGE)).resize(300, 200).withMetadata({ orientation }).jpeg().toBuffer();
    const shown = await sharp(turned).autoOrient().png().toBuffer();
    const { outputs, files } = await engine.make(turned, [{}, { fit: 'cover', width: 100, height: 100 }]);
    const isSideways = orientation >= 5;
    assert.deepEqual([files[0]?.width, files[0]?.height], isSideways ? [200, 300] : [300, 200]);
    assert.ok((await visualDistance(outputs[0] as Buffer, shown)) < 5, `orientation ${orientation}`);
    const cut = await sharp(shown).resize(100, 100).png().toBuffer();
    assert.ok((await visualDistance(outputs[1] as Buffer, cut)) < 5, `orientation ${orientation}, cut`);
  }
  assert.ok(upright.length > 0);
});

const DIGITAL_SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
const XMP = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" exif:GPSLatitude="48,51.5N" photoshop:Credit="Agency &amp; Co" Iptc4xmpExt:DigitalSourceType="${DIGITAL_SOURCE_TYPE}"><dc:rights><rdf:Alt><rdf:li xml:lang="x-default">(c) 2026 A &lt;b&gt; Painter</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

test('every format loses its metadata, except the digital source type and, if wanted, the credit', async () => {
  const tagged = sharp(photo(ONE))
    .resize(300)
    .withExif({
      IFD0: { Copyright: 'EXIF owner', Make: 'SecretCam' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 30/1' },
    })
    .withXmp(XMP);
  for (const from of ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const) {
    const source = await tagged.clone().toFormat(from).toBuffer();
    const specs = FORMATS.flatMap((format) => [{ format }, { format, keep_credit: true }]);
    const { outputs } = await engine.make(source, specs);
    for (const [i, output] of outputs.entries()) {
      const what = `${from} to ${JSON.stringify(specs[i])}`;
      const { exif, xmp, iptc, icc } = await sharp(output).metadata();
      assert.deepEqual([exif, iptc, icc], [undefined, undefined, undefined], what);
      assert.doesNotMatch(output.toString('latin1'), /GPS|SecretCam/, what);
      const text = xmp?.toString('utf8') ?? '';
      assert.ok(text.includes(DIGITAL_SOURCE_TYPE), `${what} lost its digital source type`);
      assert.equal(text.includes('(c) 2026 A &lt;b&gt; Painter'), specs[i]?.keep_credit === true, what);
      assert.equal(text.includes('Agency &amp; Co'), specs[i]?.keep_credit === true, what);
    }
  }
});

test('bytes hidden after the end of a picture do not reach the output', async () => {
  const payload = 'PAYLOAD<?php system($_GET[0]); ?>';
  for (const from of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
    const picture = await sharp(photo(ONE)).resize(200).toFormat(from).toBuffer();
    const { outputs } = await engine.make(Buffer.concat([picture, Buffer.from(payload)]), [
      {},
      { format: 'webp' },
    ]);
    for (const output of outputs) assert.ok(!output.includes('PAYLOAD'), from);
  }
});

test('no byte of a JPEG is copied, even if its rendition is larger', async () => {
  const poor = await sharp(photo(LARGE))
    .resize(600)
    .withExif({ IFD0: { Make: 'SecretCam' } })
    .jpeg({ quality: 30 })
    .toBuffer();
  const source = Buffer.concat([poor, Buffer.from('PAYLOAD')]);
  const { outputs, files } = await engine.make(source, [{ quality: 90 }]);
  assert.deepEqual([files[0]?.width, files[0]?.height], [600, 399]);
  assert.doesNotMatch((outputs[0] as Buffer).toString('latin1'), /SecretCam|PAYLOAD/);
});

test('a border is trimmed, and an animation keeps its frames only if the preset says so', async () => {
  const framed = await sharp(photo(ONE))
    .resize(200, 200)
    .extend({ top: 50, bottom: 50, left: 80, right: 80, background: '#fff' })
    .jpeg({ quality: 95 })
    .toBuffer();
  const trimmed = await engine.make(framed, [
    { trim: true },
    { width: 100 },
    { trim: true, width: 50, height: 50 },
  ]);
  const [width = 0, height = 0] = [trimmed.files[0]?.width, trimmed.files[0]?.height];
  assert.ok(Math.abs(width - 200) <= 4 && Math.abs(height - 200) <= 4, `${width} x ${height}`);
  assert.deepEqual([trimmed.files[1]?.width, trimmed.files[2]?.width], [100, 50]);

  const frames = await Promise.all(
    ['#f00', '#0f0', '#00f'].map((background) =>
      plain(background, { width: 90, height: 60 }).png().toBuffer(),
    ),
  );
  const moving = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const { outputs, files } = await engine.make(moving, [
    { format: 'webp', animated: true, width: 45, height: 45 },
    { format: 'webp' },
    { format: 'jpeg' },
  ]);
  assert.equal((await sharp(outputs[0] as Buffer, { animated: true }).metadata()).pages, 3);
  assert.deepEqual([files[0]?.width, files[0]?.height], [45, 30]);
  assert.equal((await sharp(outputs[1] as Buffer, { animated: true }).metadata()).pages ?? 1, 1);
  assert.ok(isNear(await pixel(outputs[2] as Buffer, 5, 5), [255, 0, 0, 255], 10), 'the first frame');
});

test('difference hashes of one picture in several sizes and formats are near, and those of two pictures are far apart', async () => {
  const hashOf = async (bytes: Buffer): Promise<bigint> =>
    BigInt(`0x${(await engine.make(bytes, [{ width: 200, height: 200 }])).differenceHash}`);
  const distance = (a: bigint, b: bigint): number => (a ^ b).toString(2).replaceAll('0', '').length;
  const hashes = await Promise.all(PHOTO_NAMES.map((name) => hashOf(photo(name))));
  for (const [i, name] of PHOTO_NAMES.entries()) {
    const small = await hashOf(await sharp(photo(name)).resize(500).webp({ quality: 60 }).toBuffer());
    assert.ok(distance(small, hashes[i] ?? 0n) <= 6, `${name}: ${distance(small, hashes[i] ?? 0n)}`);
    for (const [j, other] of hashes.entries())
      if (j !== i) assert.ok(distance(small, other) > 12, `${name} and ${j}`);
  }
});
