import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import sharp, { type Sharp } from 'sharp';
import { cutOut, ofBytes } from '../support/catalogue.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { runMinilab } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { random } from '../support/random.ts';

const PRODUCTS = Number(process.env['LONG_PRODUCTS'] ?? 2_000);
const TIMES = 8; // each fault
const SIDE = 1_600;
const BYTES = 650_000; // of each JPEG; bol wants at least 30,000
const CHANNELS = ['google', 'amazon', 'bol'];

type Drawn = { side?: number; width?: number; height?: number; left?: number; background?: string };

/** A photograph in a dark frame, as a product on a plain background; in the middle if `left` is not said. */
async function drawn(number: number, choice: Drawn = {}): Promise<Sharp> {
  const { side = SIDE, background = '#ffffff' } = choice;
  const { width = Math.round(side * 0.7), height = Math.round(side * 0.875) } = choice;
  const { left = Math.floor((side - width) / 2) } = choice;
  const name = PHOTO_NAMES[number % PHOTO_NAMES.length] ?? '';
  const inner = await sharp(photo(name))
    .autoOrient()
    .rotate(90 * (number % 4)) // so that few look the same
    .resize(width - 32, height - 32)
    .extend({ top: 16, bottom: 16, left: 16, right: 16, background: '#202020' })
    .png({ compressionLevel: 1 })
    .toBuffer();
  const canvas = { width: side, height: side, channels: 3, background } as const;
  return sharp({ create: canvas }).composite([{ input: inner, left, top: Math.floor((side - height) / 2) }]);
}

const jpeg = (picture: Sharp): Promise<Buffer> => picture.jpeg({ quality: 88 }).toBuffer();
const product = async (number: number, choice?: Drawn): Promise<Buffer> => jpeg(await drawn(number, choice));

/** `found`: what each channel must say of it, musts before advice; nothing where a channel is not named. */
type Plant = { make: () => Promise<Buffer>; path?: string; bytes?: number; found: Record<string, string> };

const PLANTS: Record<string, Plant> = {
  'too small': {
    make: () => product(1, { side: 499 }),
    found: {
      google: 'min_sides 499 < 500',
      amazon: 'min_sides of longer_side 499 < 500',
      bol: 'min_sides of object_longer_side 437 < 500; min_sides of object_both_sides 349 < 500; min_sides 499 < 1200',
    },
  },
  'a narrow product': {
    make: () => product(2, { width: 480 }),
    found: { bol: 'min_sides of object_both_sides 480 < 500' },
  },
  'not quite white': {
    make: () => product(3, { background: '#fefefe' }),
    found: {
      amazon: 'background_white #fefefe, not #ffffff',
      bol: 'background_white #fefefe, not #ffffff',
    },
  },
  'too little in its frame': {
    make: () => product(4, { height: 1_344 }),
    found: { amazon: 'fill 0.84 < 0.85' },
  },
  'too much in its frame': {
    make: () => product(5, { height: 1_472 }),
    found: { google: 'fill 0.92 > 0.9' },
  },
  'cut off': {
    make: () => product(6, { width: 1_100, left: 500 }),
    found: { amazon: 'cut_off right, not none' },
  },
  'too heavy': {
    make: () => product(7),
    bytes: 16_000_001,
    found: {
      google: 'max_bytes 16000001 > 16000000',
      amazon: 'max_bytes 16000001 > 10000000',
      bol: 'max_bytes 16000001 > 10000000',
    },
  },
  'too light, and a drawing that stands for several products': {
    make: () => cutOut({ width: SIDE, height: SIDE, fill: 0.875 }),
    bytes: 29_999,
    found: { google: 'placeholder a placeholder, not a picture', bol: 'min_bytes 29999 < 30000' },
  },
  'of a format that one does not take': {
    make: async () => (await drawn(9)).webp({ quality: 90 }).toBuffer(),
    path: 'product.webp',
    bytes: 0,
    found: { amazon: 'format webp, not jpeg/png/tiff/gif' },
  },
  'of another name than its format': {
    make: () => product(10),
    path: 'product.png',
    found: { google: 'url_extension png, not jpg/jpeg' },
  },
  enlarged: {
    make: async () => {
      const small = await (await drawn(11, { side: 200 })).png().toBuffer();
      return jpeg(sharp(small).resize(SIDE, SIDE));
    },
    found: { google: 'maybe_enlarged 0.0891 < 0.15' },
  },
  'turned by EXIF, which is no fault': {
    make: async () => {
      const turned = await (await drawn(12, { width: 800 })).png().toBuffer();
      return sharp(turned).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 88 }).toBuffer();
    },
    found: {},
  },
};

const kindOf: readonly (string | undefined)[] = plan();

/** Which fault each product has, shuffled. */
function plan(): (string | undefined)[] {
  const { upTo } = random(16);
  const kinds: (string | undefined)[] = Array.from({ length: PRODUCTS }, () => undefined);
  for (const kind of ['missing', ...Object.keys(PLANTS)])
    for (let i = 0; i < TIMES;) {
      const at = upTo(PRODUCTS) - 1;
      if (kinds[at] !== undefined) continue;
      kinds[at] = kind;
      i += 1;
    }
  return kinds;
}

test(`of ${PRODUCTS} products every planted fault is found by each channel that forbids it, and nothing else`, async () => {
  await using folder = await newFolder();
  const good = await Promise.all(Array.from({ length: 32 }, (_, i) => product(i)));
  const planted = new Map<string, Buffer>();
  for (const [kind, { make }] of Object.entries(PLANTS)) planted.set(kind, await make());
  // Each picture has bytes of its own behind its end, so that nothing is made once for two products.
  await using origin = await startOrigin((path) => {
    const row = Number.parseInt(path.slice(1), 10);
    const kind = kindOf[row - 1];
    const picture = kind === undefined ? good[row % good.length] : planted.get(kind);
    if (!picture) return undefined;
    const { bytes = BYTES } = PLANTS[kind ?? ''] ?? {};
    const mark = Buffer.from(String(row));
    return Buffer.concat([bytes === 0 ? picture : ofBytes(picture, bytes - mark.length), mark]);
  });
  const lines = kindOf.map(
    (kind, i) =>
      `${i + 1},Product ${i + 1},${origin.url}/${i + 1}/${PLANTS[kind ?? '']?.path ?? 'product.jpg'}\n`,
  );
  await writeFile(join(folder.path, 'c.csv'), `SKU,Name,Image\n${lines.join('')}`);

  const command = ['audit', 'c.csv', '--json', '--as-of', '2027-01-31', '--out', 'check.csv'];
  const settings = {
    DATA_DIR: 'data',
    DATABASE_URL: await migratedDatabase(),
    ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
    HOST_CONCURRENCY: '32',
  };
  const ended = await runMinilab([...command, '--channel', CHANNELS.join(',')], {
    settings,
    cwd: folder.path,
  });
  assert.equal(ended.code, 3, ended.err);

  type Line = Record<'row' | 'channel' | 'verdict' | 'failed' | 'advised' | 'unknown', string>;
  const check = parse<Line>(await readFile(join(folder.path, 'check.csv')), { columns: true });
  assert.equal(check.length, PRODUCTS * CHANNELS.length);
  const wrong = check.filter(({ row, channel, verdict, failed, advised }) => {
    const kind = kindOf[Number(row) - 1];
    if (kind === 'missing') return verdict !== 'unknown';
    const found = [failed, advised].filter(Boolean).join('; ');
    return found !== (PLANTS[kind ?? '']?.found[channel] ?? '') || (found === '' && verdict !== 'pass');
  });
  assert.deepEqual(
    wrong.slice(0, 20).map((line) => [kindOf[Number(line.row) - 1], line]),
    [],
  );
});
