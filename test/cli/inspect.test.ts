import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { verdictBody } from '../../src/channels/verdict.body.ts';
import { judged } from '../../src/cli/inspect-verdicts.ts';
import { fileFacts, measure } from '../../src/cli/inspect-facts.ts';
import { createDecoderPool } from '../../src/pipeline/decoder-pool.ts';
import { cutOut } from '../support/catalogue.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, runMinilab, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

const AS_OF = '2027-01-31';

/** Cut-outs of many kinds, photographs, a turned one and a transparent one. */
async function fiftyPictures(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const backgrounds = ['#ffffff', '#fefefe', '#f2f3f4', '#808080'] as const;
  const formats = ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const;
  for (let i = 0; i < 40; i += 1) {
    const format = formats[i % 5] ?? 'jpeg';
    const size = { width: 80 + ((i * 97) % 1100), height: 80 + ((i * 61) % 1300) };
    const look = { fill: 0.5 + (i % 10) / 20, background: backgrounds[i % 4] ?? '#ffffff' };
    files.set(`${i}.${format}`, await cutOut({ ...size, ...look, format, quality: 60 + i }));
  }
  for (const [i, name] of PHOTO_NAMES.entries()) files.set(`photo-${i}.jpg`, photo(name));
  const turned = sharp(photo(PHOTO_NAMES[0] ?? '')).withMetadata({ orientation: 6 });
  files.set('turned.jpg', await turned.jpeg().toBuffer());
  const clear = sharp({ create: { width: 300, height: 300, channels: 4, background: '#f008' } });
  files.set('clear.png', await clear.png().toBuffer());
  return files;
}

/** What `inspect` says of each picture, by channel. */
async function inspected(
  files: Map<string, Buffer>,
  { folder, origin }: { folder: string; origin: string },
): Promise<Map<string, Map<string, object>>> {
  const decoders = createDecoderPool(1);
  const { signal } = new AbortController();
  const verdicts = new Map<string, Map<string, object>>();
  for (const [name, content] of files) {
    const [path, bytes] = [join(folder, name), content.length];
    await writeFile(path, content);
    const facts = await decoders.readHeader({ path, bytes }, signal);
    const made = await measure({ path, bytes }, decoders, signal);
    const judging = { asOf: AS_OF, url: `${origin}/${name}`, category: undefined };
    const all = judged(fileFacts({ ...facts, bytes }, made), judging);
    verdicts.set(judging.url, new Map(all.map(({ channel, verdict }) => [channel, verdictBody(verdict)])));
  }
  await decoders.stop();
  return verdicts;
}

type Line = { url: string; verdict: string; rules: object[] };

test('inspect and a batch give 50 pictures the same verdicts', async () => {
  await using folder = await newFolder();
  const files = await fiftyPictures();
  assert.equal(files.size, 50);
  await using origin = await startOrigin((path) => files.get(path.slice(1)));
  await using minilab = await startMinilab('serve', {
    DATA_DIR: join(folder.path, 'data'),
    DATABASE_URL: await migratedDatabase(),
  });
  const rows = [...files.keys()].map((name, i) => `${i},P,${origin.url}/${name}`);
  const batch = await json<Batch>(upload(minilab.url, ['SKU,Name,Images', ...rows, ''].join('\n')));
  await untilEnded(batch.links.self);
  const verdicts = await inspected(files, { folder: folder.path, origin: origin.url });

  const channels = [...(verdicts.get(`${origin.url}/turned.jpg`)?.keys() ?? [])];
  assert.equal(channels.length, 12);
  for (const channel of channels) {
    const lines = await fetch(`${batch.links.self}/check.ndjson?channel=${channel}&as_of=${AS_OF}`);
    for (const line of (await lines.text()).trim().split('\n')) {
      const { url, verdict, rules } = JSON.parse(line) as Line;
      assert.deepEqual({ verdict, rules }, verdicts.get(url)?.get(channel), `${channel} ${url}`);
    }
  }

  const { out } = await runMinilab(['inspect', `${origin.url}/0.jpeg`, '--json', '--as-of', AS_OF]);
  const told = JSON.parse(out) as { as_of: string; not_judged: string[]; channels: { channel: string }[] };
  assert.equal(told.as_of, AS_OF);
  assert.ok(told.not_judged.length > 0);
  for (const { channel, ...verdict } of told.channels)
    assert.deepEqual(verdict, verdicts.get(`${origin.url}/0.jpeg`)?.get(channel));
});
