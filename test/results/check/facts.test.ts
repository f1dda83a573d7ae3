/** Reports of a check say the same with the copy of what contents say (batch_facts) as by hashes alone. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../../src/batches/batch.ts';
import { cancelBatch } from '../../../src/batches/cancel.ts';
import { deleteBatch } from '../../../src/batches/delete.ts';
import { retryBatch } from '../../../src/batches/retry.ts';
import { BUILTIN_CHANNELS } from '../../../src/channels/builtin.ts';
import { type Channel, withDefaults } from '../../../src/channels/rule.ts';
import type { Db } from '../../../src/db/database.ts';
import { readPage } from '../../../src/pipeline/content-page.ts';
import { type Measures, MEASURES_VERSION } from '../../../src/pipeline/measures.ts';
import { BatchCheck } from '../../../src/results/check/check.ts';
import { checkCsv, checkNdjson } from '../../../src/results/check/lines.ts';
import { summaries } from '../../../src/results/check/summary.ts';
import { fileUrls } from '../../../src/results/files.ts';
import { outputCsv } from '../../../src/results/output-csv.ts';
import { outputRows } from '../../../src/results/output-rows.ts';
import { findResults } from '../../../src/results/results.queries.ts';
import type { Services } from '../../../src/services.ts';
import { findLooks } from '../../../src/work/looks/looks.ts';
import type { ClaimedImage, ImageResult } from '../../../src/work/process-image.ts';
import { acceptCsv, claim, failed, newServices, record, TIMINGS } from '../../support/batches.ts';
import { anyContent } from '../../support/contents.ts';

const PRODUCTS = 400;
const SLOTS = 3 * PRODUCTS; // two pages of facts; a product has slots of both
const FILES = 'https://files.example';
const OURS: Channel = {
  name: 'ours',
  title: 'Ours',
  rules: [withDefaults({ rule: 'twice' }), withDefaults({ rule: 'placeholder' })],
};
const NAMES = new Set(['google', 'amazon', 'walmart', 'bol']);
const CHANNELS = [...BUILTIN_CHANNELS.filter(({ name }) => NAMES.has(name)), OURS];

const CATEGORIES = ['166', 'Electronics > Audio', '', '222'];

/** The third picture of every tenth product is its first once more, from another address. */
function table(): string {
  const rows = Array.from({ length: PRODUCTS }, (_, row) => {
    const third = row % 10 === 0 ? `${row}-0.jpg?again` : `${row}-2.jpg`;
    const urls = [`${row}-0.jpg`, `${row}-1.jpg`, third].map((name) => `https://a.example/${name}`);
    return `S${row},"Cup, no. ${row}",${CATEGORIES[row % CATEGORIES.length]},${urls.join(' ')}`;
  });
  return ['SKU,Name,google_product_category,Images', ...rows, ''].join('\n');
}

const hashOf = (url: string): Buffer => createHash('sha256').update(url.replace(/\?.*/, '')).digest();

/** The first slot with the content: equal contents are equal in everything. */
function firstSlotOf(url: string): number {
  const [, row, place] = /(\d+)-(\d)\.jpg/.exec(url) ?? [];
  return 3 * Number(row) + Number(place) + 1;
}

/** As many sizes and measures as there are pictures. Some have a field that older versions did not measure. */
function contentOf(slot: number): ReturnType<typeof anyContent> {
  const [width, height] = [90 + ((slot * 37) % 2500), 90 + ((slot * 53) % 2500)];
  const measures: Partial<Measures> = {
    background: slot % 4 === 0 ? '#fefefe' : '#ffffff',
    object: slot % 11 === 0 ? null : { left: 1, top: 2, width: width - 10, height: height - 20 },
    plain: slot % 11 !== 0,
    fill: slot % 11 === 0 ? null : 0.5 + (slot % 50) / 100,
    touches: slot % 5 === 0 ? ['top', 'left'] : [],
    sharpness: slot % 13 === 0 ? null : (slot % 97) / 97,
    jpeg_quality: 60 + (slot % 40),
    ...(slot % 2 === 0 ? { colour_count: slot % 65 } : {}),
  };
  const content = anyContent(measures);
  return { ...content, width, height, lookHash: hashOf(`look ${slot % 300}`).toString('hex') };
}

function completed(image: ClaimedImage): ImageResult {
  const slot = firstSlotOf(image.url);
  const sha256 = hashOf(image.url);
  const hex = sha256.toString('hex');
  const setId = hex.slice(0, 16);
  const source = { path: '', bytes: 20_000 + slot * 31, sha256, head: Buffer.alloc(0) };
  const unknown = { finalUrl: image.url, etag: undefined, lastModified: undefined, freshForS: 0 };
  const renditions = ['full', 'thumb'].map((name, i) => ({
    name,
    key: `${image.tenantToken}/${setId}/${name}.jpg`,
    format: 'jpeg',
    extension: 'jpg',
    width: 1600 >> (3 * i),
    height: 900 + slot,
    bytes: 40_000,
    sha256: hex,
  }));
  const made = {
    source: { ...source, ...unknown },
    facts: { format: 'jpeg' as const, width: 1, height: 1, isInterlaced: false, mayHoldXmp: false },
    differenceHash: '0'.repeat(16),
    isPlaceholder: image.slot % 29 === 0,
    content: contentOf(slot),
    setId,
    renditions,
    madeBy: { minilab: '0', sharp: '0', libvips: '0' },
  };
  return { image, is: 'completed', made: { is: 'made', ...made, timings: TIMINGS } };
}

/** Does at most so many images of the queue. */
async function run(
  services: Services,
  count: number,
  endOf: (image: ClaimedImage) => ImageResult,
): Promise<void> {
  for (let left = count; left > 0;) {
    const claimed = await claim(services, Math.min(left, 200));
    if (claimed.length === 0) return;
    left -= claimed.length;
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: endOf(image) })),
    );
  }
}

async function reports(db: Db, batch: BatchKey, of: 'source' | 'output'): Promise<Record<string, string>> {
  const results = await findResults(db, batch);
  assert.ok(results);
  const choice = { of, asOf: '2027-01-31', rendition: undefined, category: undefined };
  const check = (): BatchCheck => new BatchCheck(db, results, { ...choice, channels: CHANNELS }, FILES);
  const text = async (pieces: AsyncIterable<string>): Promise<string> =>
    (await Array.fromAsync(pieces)).join('');
  return {
    check: JSON.stringify(await summaries(check())),
    csv: await text(checkCsv(check())),
    ndjson: await text(checkNdjson(check())),
    output: await text(outputCsv(outputRows(db, results, fileUrls(results, FILES), check()), results.format)),
  };
}

/** @returns the reports of sources, which are the same without the facts */
async function sameWithout(db: Db, batch: BatchKey, when: string): Promise<Record<string, string>> {
  const source = await reports(db, batch, 'source');
  const output = await reports(db, batch, 'output');
  await sql`create table kept as select * from batch_facts`.execute(db);
  await sql`delete from batch_facts`.execute(db);
  for (const [name, text] of Object.entries(await reports(db, batch, 'source')))
    assert.ok(text === source[name], `${name}, ${when}`);
  assert.deepEqual(await reports(db, batch, 'output'), output, when);
  await sql`insert into batch_facts select * from kept`.execute(db);
  await sql`drop table kept`.execute(db);
  return source;
}

async function slotsWithFacts(db: Db): Promise<Set<number>> {
  const { rows } = await sql<{ facts: string }>`select facts from batch_facts`.execute(db);
  return new Set(rows.flatMap(({ facts }) => Array.from(readPage(facts).keys())));
}

/** Contents of slots that leave a rest when their number is divided. */
const contentsOfSlots = (divisor: number, rest: number) => sql`
  sha256 in (select s.source_sha256 from images i join rendition_sets s using (tenant_id, hash16)
    where i.slot % ${sql.lit(divisor)} = ${sql.lit(rest)})`;

const notMeasured = (db: Db) =>
  sql`update contents set measures = null, look_hash = null, measured_at = null where ${contentsOfSlots(17, 1)}`.execute(
    db,
  );
const ofVersion = (db: Db, version: number) =>
  sql`
    update contents set measures = jsonb_set(measures, '{v}', to_jsonb(${version}::integer))
    where ${contentsOfSlots(19, 2)}`.execute(db);
const measuredLater = (db: Db) =>
  sql`
    update contents set measures = ${JSON.stringify(anyContent().measures)}::jsonb, measured_at = now()
    where measures is null`.execute(db);
const marked = (db: Db) =>
  sql`
    insert into known_pictures (tenant_id, sha256, look_hash, chroma, kind)
    select tenant_id, sha256, look_hash, measures->'chroma', 'placeholder' from contents
    where look_hash is not null and ${contentsOfSlots(401, 3)}`.execute(db);
/** As an image that was made anew, with another source. */
const otherSet = (db: Db) =>
  sql`
    update images i set hash16 = o.hash16 from images o
    where i.slot = 31 and o.slot = 33 and o.batch_id = i.batch_id`.execute(db);

const counted = (of: Record<string, string>, what: RegExp): number =>
  [...(of['ndjson'] ?? '').matchAll(new RegExp(what, 'g'))].length;

test('reports are the same with and without the facts of a round, until the batch is deleted', async () => {
  await using services = await newServices();
  const { db, patient } = services.database;
  const looking = { db, log: services.log, signal: new AbortController().signal };
  const batch = await acceptCsv(services, table());
  await run(services, SLOTS, (image) => (image.slot % 7 === 0 ? failed(image) : completed(image)));
  await notMeasured(db);
  await ofVersion(db, MEASURES_VERSION - 1);
  await marked(db);
  await findLooks(looking);

  const known = await slotsWithFacts(db);
  assert.ok(known.size > SLOTS / 2);
  for (const slot of [7, 18, 21])
    assert.ok(!known.has(slot), `${slot}: failed, not measured, of older measures`);
  const first = await sameWithout(db, batch, 'after a round');
  for (const rule of ['twice', 'placeholder'])
    assert.ok(counted(first, RegExp(`"rule":"${rule}"[^}]*"result":"fail"`)) > 0, `some fail ${rule}`);
  assert.ok(counted(first, /"state":"failed"/) > 0);
  const placeholders = first['output']?.match(/\d:placeholder/g) ?? [];
  assert.equal(placeholders.length, counted(first, /"rule":"placeholder"[^}]*"result":"fail"/));

  const output = await reports(db, batch, 'output');
  await sql`update batch_facts set facts = replace(facts, '#fefefe', '#fdfdfd')`.execute(db);
  const changed = await reports(db, batch, 'source');
  for (const [name, text] of Object.entries(changed))
    if (name !== 'check') assert.ok(text !== first[name], `${name} reads the facts`);
  assert.deepEqual(await reports(db, batch, 'output'), output, 'facts are of sources only');
  await sql`update batch_facts set facts = replace(facts, '#fdfdfd', '#fefefe')`.execute(db);

  await measuredLater(db);
  await ofVersion(db, MEASURES_VERSION);
  await otherSet(db);
  const later = await sameWithout(db, batch, 'after contents were measured');
  assert.ok(later['ndjson'] !== first['ndjson'], 'what was measured later is seen');

  await retryBatch(patient, batch, { filter: {}, feed: services.feed });
  await run(services, 100, completed);
  const running = await sameWithout(db, batch, 'while a retry runs');
  assert.ok(counted(running, /"state":"(?:pending|processing)"/) > 0);

  await cancelBatch(db, batch, { queue: services.queue, publicUrl: 'http://localhost' });
  const unknown = await slotsWithFacts(db);
  await findLooks(looking);
  assert.ok((await slotsWithFacts(db)).size > unknown.size, 'the next round knows more');
  const last = await sameWithout(db, batch, 'after the next round');
  assert.ok(counted(last, /"state":"cancelled"/) > 0);

  await deleteBatch(patient, batch);
  assert.deepEqual((await sql`select from batch_facts`.execute(db)).rows, []);
});
