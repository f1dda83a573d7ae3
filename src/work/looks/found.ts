import { groupLooks } from '../../pipeline/look-groups.ts';
import type { BatchContents } from './contents.ts';

/** Images that show the same. `content`: the most frequent one. Slots are ascending. */
export type Found = {
  content: number;
  contents: number;
  /** of the content that is furthest from the most frequent one, in bits */
  distance: number;
  products: number;
  slots: Int32Array;
  /** some URL of it names a sign for a missing picture */
  isNamed: boolean;
  /** of all its URLs; null: they have several, or none */
  host: string | null;
};

/** `looks`: one content or look on several products. `twice`: one content in several slots of one product. */
export type FoundGroups = { looks: Found[]; twice: Found[] };

const NONE = -1;

/** Finds what occurs more than once, most images first. */
export async function findGroups(batch: BatchContents): Promise<FoundGroups> {
  const { leaders, distances } = await leadersOf(batch);
  const shared = gathered(batch, (slot) => leaders[batch.contentOf[slot] ?? NONE] ?? NONE);
  const looks = shared.filter(({ products }) => products > 1);
  const byLeader = new Map(looks.map((found) => [found.content, found]));
  for (let content = 0; content < batch.count; content += 1) {
    const found = byLeader.get(leaders[content] ?? NONE);
    if (!found) continue;
    found.contents += 1;
    found.distance = Math.max(found.distance, distances[content] ?? 0);
    if (batch.isNamed[content] === 1) found.isNamed = true;
    if ((batch.hostOf(content) ?? '') !== found.host) found.host = null;
  }
  const isTwice = slotsOfTwice(batch);
  const twice = gathered(batch, (slot) => (isTwice[slot] === 1 ? (batch.contentOf[slot] ?? NONE) : NONE));
  for (const found of twice) found.contents = 1;
  return { looks, twice };
}

/** Of each content, the most frequent one of its group. Contents without a look are alone. */
async function leadersOf(batch: BatchContents): Promise<{ leaders: Int32Array; distances: Uint8Array }> {
  const looks = batch.looks();
  const groups = await groupLooks(looks);
  const leaders = Int32Array.from({ length: batch.count }, (_, content) => content);
  const distances = new Uint8Array(batch.count);
  for (const [i, content] of looks.contents.entries()) {
    leaders[content] = looks.contents[groups.leaders[i] ?? i] ?? content;
    distances[content] = groups.distances[i] ?? 0;
  }
  return { leaders, distances };
}

/** Marks slots whose content stands in another slot of their row. A row's slots stand side by side. */
function slotsOfTwice({ contentOf, rowOf, count }: BatchContents): Uint8Array {
  const isTwice = new Uint8Array(contentOf.length);
  const last = new Int32Array(count); // of each content, the last slot that had it; 0: none
  for (const [slot, content] of contentOf.entries()) {
    if (content === NONE) continue;
    const other = last[content] ?? 0;
    if (other > 0 && rowOf[other] === rowOf[slot]) isTwice[other] = isTwice[slot] = 1;
    last[content] = slot;
  }
  return isTwice;
}

/** Groups of two slots and more, most first. @param groupOf number of a content; -1: in none */
function gathered(batch: BatchContents, groupOf: (slot: number) => number): Found[] {
  const { contentOf, rowOf, count } = batch;
  const sizes = new Uint32Array(count);
  const products = new Uint32Array(count);
  const lastRows = new Int32Array(count);
  for (let slot = 1; slot < contentOf.length; slot += 1) {
    const group = groupOf(slot);
    if (group === NONE) continue;
    sizes[group] = (sizes[group] ?? 0) + 1;
    if (lastRows[group] === rowOf[slot]) continue;
    lastRows[group] = rowOf[slot] ?? 0;
    products[group] = (products[group] ?? 0) + 1;
  }
  const found = new Map<number, Found>();
  for (let slot = 1; slot < contentOf.length; slot += 1) {
    const content = groupOf(slot);
    if (content === NONE || (sizes[content] ?? 0) < 2) continue;
    let group = found.get(content);
    if (!group) {
      const slots = new Int32Array(sizes[content] ?? 0);
      const host = batch.hostOf(content) || null;
      group = {
        content,
        contents: 0,
        distance: 0,
        products: products[content] ?? 0,
        slots,
        isNamed: false,
        host,
      };
      found.set(content, group);
      sizes[content] = 2; // from here on, where its next slot goes, and 2
    }
    group.slots[(sizes[content] ?? 2) - 2] = slot;
    sizes[content] = (sizes[content] ?? 2) + 1;
  }
  return [...found.values()].toSorted((a, b) => b.slots.length - a.slots.length);
}
