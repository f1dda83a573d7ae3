import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { RESTART_MARKERS } from '../../support/corpus.ts';
import { codeOf, startEngine } from '../../support/engine.ts';
import { photo, PHOTO_NAMES, visualDistance } from '../../support/pictures.ts';

const engine = await startEngine();
after(() => engine[Symbol.asyncDispose]());

const picture = sharp(photo(PHOTO_NAMES[4] ?? '')).resize(300, 200);
const WEB = [{ width: 1600, height: 1600 }, { width: 40 }];
const END = Buffer.from([0xff, 0xd9]);

const make = (bytes: Buffer): Promise<string> => codeOf(engine.make(bytes, WEB));

async function assertMade(bytes: Buffer, like: Buffer, what: string): Promise<void> {
  const { outputs } = await engine.make(bytes, [{ format: 'png' }]);
  const distance = await visualDistance(outputs[0] as Buffer, await sharp(like).png().toBuffer());
  assert.ok(distance < 0.01, `${what}: ${distance}`);
}

test('a JPEG whose data end early is refused even with an end marker, whatever follows the data', async () => {
  const kinds: [string, Buffer][] = [
    ['baseline', await picture.clone().jpeg().toBuffer()],
    ['without subsampling', await picture.clone().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer()],
    ['progressive', await picture.clone().jpeg({ progressive: true }).toBuffer()],
    ['grey', await picture.clone().greyscale().jpeg().toBuffer()],
    ['with restart markers', RESTART_MARKERS],
  ];
  for (const [name, whole] of kinds)
    for (const share of [0.3, 0.5, 0.9, 0.98]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      const rest = whole.length - cut.length;
      for (const [filling, tail] of [
        ['an end marker', END],
        ['zeros', Buffer.alloc(rest)],
        ['zeros and an end marker', Buffer.concat([Buffer.alloc(rest), END])],
        ['ones', Buffer.alloc(rest, 0xff)],
        ['nothing', Buffer.alloc(0)],
      ] as const)
        assert.match(
          await make(Buffer.concat([cut, tail])),
          /^(truncated|corrupt)_image$/,
          `${name} ${share} ${filling}`,
        );
    }
});

test('a JPEG with a hole of zeros is refused, and one that is mostly white is made', async () => {
  const whole = await picture.clone().jpeg({ chromaSubsampling: '4:4:4', quality: 95 }).toBuffer();
  const hole = Buffer.from(whole).fill(0, Math.floor(whole.length * 0.4), Math.floor(whole.length * 0.6));
  assert.match(await make(hole), /^(truncated|corrupt)_image$/);
  const white = sharp({ create: { width: 2_000, height: 2_000, channels: 3, background: '#fff' } });
  for (const optimiseCoding of [true, false])
    for (const from of [0, 1_700]) {
      const product = white
        .clone()
        .composite([{ input: await picture.clone().toBuffer(), left: 50, top: from }]);
      const bytes = await product.jpeg({ optimiseCoding }).toBuffer();
      await assertMade(bytes, bytes, `${optimiseCoding} ${from}`);
      await assertMade(bytes.subarray(0, -2), bytes, `${optimiseCoding} ${from}, no end marker`);
    }
});

/** Offsets of the segments of a JPEG with this marker. */
function places(file: Buffer, marker: number): number[] {
  const found: number[] = [];
  const wanted = Buffer.from([0xff, marker]);
  for (let at = file.indexOf(wanted); at >= 0; at = file.indexOf(wanted, at + 1)) found.push(at);
  return found;
}

test('a progressive JPEG with missing scans is refused: it would be blurred, or without colours', async () => {
  const whole = await picture.clone().jpeg({ progressive: true }).toBuffer();
  const scans = places(whole, 0xda);
  assert.ok(scans.length > 5);
  for (const scan of scans.slice(1)) {
    const table = places(whole, 0xc4).findLast((at) => at < scan) ?? scan;
    const cut = whole.subarray(0, table > (scans[scans.indexOf(scan) - 1] ?? 0) ? table : scan);
    assert.equal(await make(Buffer.concat([cut, END])), 'truncated_image', `before the scan at ${scan}`);
  }
});

test('a JPEG with all its pixels is made, whatever is wrong around them', async () => {
  const whole = await picture.clone().jpeg().toBuffer();
  const [scan = 0] = places(whole, 0xda);
  const [table = 0] = places(whole, 0xc4);
  const phone = Buffer.from(whole);
  phone.fill(0, scan + 11, scan + 13); // Ss and Se of three components
  const with_ = (at: number, junk: Buffer): Buffer =>
    Buffer.concat([whole.subarray(0, at), junk, whole.subarray(at)]);
  const wrong: [string, Buffer][] = [
    ['no end marker', whole.subarray(0, -2)],
    ['half an end marker', whole.subarray(0, -1)],
    ['scan parameters of a phone', phone],
    ['scan parameters of a phone, and no end', phone.subarray(0, -2)],
    ['a byte between segments', with_(table, Buffer.from('x'))],
    ['9,000 bytes between segments', with_(table, Buffer.alloc(9_000, 'junk'))],
    ['bytes like markers between segments', with_(table, Buffer.from([1, 0xff, 0, 0xff, 0xd0, 0xff, 1, 7]))],
    ['fill bytes before a marker', with_(table, Buffer.alloc(300, 0xff))],
    ['bytes before the end', with_(whole.length - 2, Buffer.alloc(3, 1))],
    ['a text behind the end', with_(whole.length, Buffer.from('text'.repeat(2_000)))],
    ['zeros before the end', with_(whole.length - 2, Buffer.alloc(5_000))],
    ['zeros behind the end', with_(whole.length, Buffer.alloc(5_000))],
  ];
  for (const [what, bytes] of wrong) await assertMade(bytes, whole, what);
  const cutPhone = Buffer.concat([phone.subarray(0, phone.length >> 1), END]);
  assert.equal(await make(cutPhone), 'truncated_image', 'what is wrong around hides nothing');
  const cutJunk = with_(table, Buffer.from('x')).subarray(0, whole.length >> 1);
  assert.equal(await make(Buffer.concat([cutJunk, END])), 'truncated_image', 'nor do bytes between segments');
});

test('a second picture behind the end of a JPEG, as multi-picture files have one, changes nothing', async () => {
  const second = await sharp(photo(PHOTO_NAMES[0] ?? ''))
    .resize(200, 300)
    .jpeg()
    .toBuffer();
  for (const options of [{}, { progressive: true }]) {
    const first = await picture.clone().jpeg(options).toBuffer();
    await assertMade(Buffer.concat([first, second]), first, 'both whole');
    await assertMade(Buffer.concat([first, second.subarray(0, 2_000)]), first, 'the second one is cut');
    const cut = Buffer.concat([first.subarray(0, first.length / 2), second]);
    assert.match(await make(cut), /^(truncated|corrupt)_image$/, 'the first one is cut');
  }
});

test('endless junk between segments is skipped in bounded time', async () => {
  const junk = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 2]), Buffer.alloc(30_000_000, 1)]);
  assert.match(await make(junk), /^(truncated|corrupt)_image$/, 'and not decode_timeout');
});

function pngOf(whole: Buffer, change: (data: Buffer) => Buffer): Buffer {
  const data: Buffer[] = [];
  for (let at = 8; at < whole.length; at += 12 + whole.readUInt32BE(at))
    if (whole.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(whole.subarray(at + 8, at + 8 + whole.readUInt32BE(at)));
  const changed = Buffer.concat([Buffer.from('IDAT'), change(Buffer.concat(data))]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(changed.length - 4);
  sum.writeUInt32BE(crc32(changed));
  return Buffer.concat([whole.subarray(0, 33), length, changed, sum, whole.subarray(-12)]);
}

test('a PNG is made if it has all its rows, and only then', async () => {
  for (const progressive of [false, true]) {
    const whole = await picture.clone().png({ progressive }).toBuffer();
    const what = progressive ? 'interlaced' : 'plain';
    for (const missing of [4, 8, 12, 14, 17, 20])
      await assertMade(whole.subarray(0, -missing), whole, `${what}, without the last ${missing} bytes`);
    await assertMade(
      pngOf(whole, (data) => data.subarray(0, -4)),
      whole,
      `${what}, without a checksum`,
    );
    await assertMade(
      Buffer.concat([whole.subarray(0, -12), Buffer.from('\0\0\x0f\xfftEXtComm', 'latin1')]),
      whole,
      `${what}, cut in a text`,
    );
    const half = (data: Buffer): Buffer => data.subarray(0, data.length >> 1);
    assert.match(await make(pngOf(whole, half)), /^(truncated|corrupt)_image$/, `${what}, half of its data`);
    const halfOfRows = pngOf(whole, (data) => deflateSync(half(inflateSync(data))));
    assert.match(await make(halfOfRows), /^(truncated|corrupt)_image$/, `${what}, half of its rows`);
    const wrong = Buffer.from(whole);
    wrong[whole.length >> 1] = (whole[whole.length >> 1] ?? 0) ^ 0x40;
    assert.equal(await make(wrong), 'corrupt_image', `${what}, a wrong bit`);
  }
});

test('a WebP is made if its picture is whole, whatever size its header says', async () => {
  const tagged = picture.clone().withExif({ IFD0: { Copyright: 'x'.repeat(300) } });
  for (const lossless of [false, true]) {
    const whole = await tagged.clone().webp({ lossless }).toBuffer();
    const sized = (file: Buffer, size: number): Buffer => {
      const changed = Buffer.from(file);
      changed.writeUInt32LE(size >>> 0, 4);
      return changed;
    };
    for (const size of [0, 10, whole.length - 500, whole.length + 500, 0xffffffff])
      await assertMade(sized(whole, size), whole, `size ${size}`);
    await assertMade(whole.subarray(0, -100), whole, 'its metadata are cut');
    const half = whole.subarray(0, whole.length >> 1);
    assert.match(await make(sized(half, half.length - 8)), /^(truncated|corrupt)_image$/);
  }
});

test('a GIF whose data end early is refused even with a trailer, and one that lacks only its trailer is made', async () => {
  const whole = await picture.clone().gif().toBuffer();
  for (const missing of [1, 2]) await assertMade(whole.subarray(0, -missing), whole, `${missing} missing`);
  const start = 13 + 3 * 2 ** (((whole[10] ?? 0) & 7) + 1);
  let at = whole.indexOf(0x2c, start) + 11;
  const blocks: number[] = [];
  for (; whole[at] !== 0; at += 1 + (whole[at] ?? 0)) blocks.push(at);
  assert.ok(blocks.length > 20);
  for (const share of [0.1, 0.5, 0.9]) {
    const block = blocks[Math.floor(blocks.length * share)] ?? 0;
    const early = Buffer.concat([whole.subarray(0, block), Buffer.from([0, 0x3b])]);
    assert.equal(await make(early), 'truncated_image', `at ${share}`);
  }
});
