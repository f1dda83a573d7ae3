import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { sniff } from '../../../src/pipeline/sniff.ts';
import type { Facts } from '../../../src/pipeline/decoder-protocol.ts';
import { readHeader } from '../../../src/pipeline/decoder/formats/read-header.ts';
import type { ImageProblem } from '../../../src/pipeline/problems.ts';
import { newFolder } from '../../support/folder.ts';
import { photo, PHOTO_NAMES } from '../../support/pictures.ts';

const READ_HEADERS = join(import.meta.dirname, '..', '..', 'programs', 'read-headers.ts');

async function factsOf(bytes: Buffer): Promise<Facts> {
  await using folder = await newFolder();
  const path = join(folder.path, 'file');
  await writeFile(path, bytes);
  return await readHeader({ path, bytes: bytes.length });
}

const RGB = { colours: 'rgb', bits: 8 };

const codeOf = (bytes: Buffer): Promise<string> =>
  factsOf(bytes).then(
    () => 'none',
    (error: ImageProblem) => error.code,
  );

test('format and size are read from the header, for every source format', async () => {
  const picture = sharp({ create: { width: 321, height: 123, channels: 4, background: '#f008' } });
  const facts = { width: 321, height: 123, isInterlaced: false, mayHoldXmp: true };
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
    const bytes = await picture.clone().toFormat(format).toBuffer();
    const ofJpeg = format === 'jpeg' ? { mayHoldXmp: false, jpegQuality: 80, samples: RGB } : {};
    assert.deepEqual(await factsOf(bytes), { ...facts, format, ...ofJpeg }, format);
  }
  const lossless = await picture.clone().webp({ lossless: true }).toBuffer();
  assert.deepEqual(await factsOf(lossless), { ...facts, format: 'webp' });
  const opaque = await picture.clone().removeAlpha().webp().toBuffer();
  assert.deepEqual(await factsOf(opaque), { ...facts, format: 'webp' });
  const interlaced = await picture.clone().png({ progressive: true }).toBuffer();
  assert.deepEqual(await factsOf(interlaced), { ...facts, format: 'png', isInterlaced: true });
  const progressive = await picture
    .clone()
    .removeAlpha()
    .withExif({ IFD0: { Copyright: 'x'.repeat(500) } })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    .jpeg({ progressive: true })
    .toBuffer();
  assert.deepEqual(await factsOf(progressive), {
    ...facts,
    format: 'jpeg',
    isInterlaced: true,
    jpegQuality: 80,
    samples: RGB,
  });
});

test('headers of camera photographs are read as sharp reads them', async () => {
  for (const name of PHOTO_NAMES) {
    const { width, height, isProgressive, xmp } = await sharp(photo(name)).metadata();
    const facts = { format: 'jpeg', isInterlaced: isProgressive, mayHoldXmp: xmp !== undefined };
    const { jpegQuality: _, ...found } = await factsOf(photo(name)); // which sharp does not tell
    assert.deepEqual(found, { ...facts, width, height, samples: RGB }, name);
  }
});

/** The 33 bytes of a PNG up to the end of its IHDR. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.from('89504e470d0a1a0a0000000d494844520000000000000000080600000000000000', 'hex');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return header;
}

test('a header that says too many pixels is refused before anything is decoded', async () => {
  assert.equal(await codeOf(pngHeader(25_000_000, 2)), 'image_too_large');
  assert.equal(await codeOf(pngHeader(16_385, 1)), 'image_too_large');
  assert.equal(await codeOf(pngHeader(10_001, 10_000)), 'image_too_large');
  assert.equal(await codeOf(pngHeader(10_000, 10_000)), 'truncated_image');
  assert.equal(await codeOf(pngHeader(0, 5)), 'corrupt_image');
});

test('files that are no images, and images of unsupported formats, get different codes', async () => {
  const cases: [string | Buffer, string][] = [
    ['', 'not_an_image'],
    ['<html><body>Sign in', 'not_an_image'],
    ['just text', 'not_an_image'],
    [Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 'not_an_image'],
    ['<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">', 'unsupported_format'],
    ['%PDF-1.7', 'unsupported_format'],
    ['8BPS\0\x01', 'unsupported_format'],
    ['\0\0\0\x18ftypheic', 'unsupported_format'],
    ['II+\0\x08\0\0\0', 'unsupported_format'],
    [photo(PHOTO_NAMES[0] ?? '').subarray(0, 40), 'truncated_image'],
  ];
  for (const [bytes, code] of cases)
    assert.equal(await codeOf(Buffer.from(bytes as string, 'latin1')), code, String(bytes).slice(0, 20));
});

test('reading a header is bounded whatever numbers it holds: thousands of mutants, and endless files', () => {
  // In another process, which can be killed: a reader in an endless loop never returns.
  const { stdout, signal } = spawnSync(process.execPath, [READ_HEADERS, '200'], {
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  assert.equal(signal, null, 'it took more than two minutes');
  const { count, slowest } = JSON.parse(stdout.toString()) as {
    count: number;
    slowest: { ms: number; what: string };
  };
  assert.ok(count > 4_000, `${count} files`);
  assert.ok(slowest.ms < 1_000, JSON.stringify(slowest));
});

test('the signature of a file is found at once, even in one full of comments', () => {
  assert.deepEqual(sniff(Buffer.from('<!---->'.repeat(36))), { is: 'text' });
  assert.deepEqual(sniff(Buffer.from(`${'<!-- a -->'.repeat(20)}<svg>`)), { is: 'other_image', name: 'SVG' });
});

test('an AVIF is recognized by any of its brands', async () => {
  const avif = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } })
    .avif()
    .toBuffer();
  for (const brand of ['avif', 'avis', 'mif1', 'miaf']) {
    avif.write(brand, 8, 'latin1');
    assert.equal((await factsOf(avif)).format, 'avif', brand);
  }
});
