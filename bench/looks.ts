import { groupLooks, type Looks } from '../src/pipeline/look-groups.ts';
import { random } from '../test/support/random.ts';

/** `longest_slice_ms`: how long the event loop stood still at most. `grown_mb`: memory beyond the looks themselves. */
export type LooksTimes = {
  looks: number;
  seconds: number;
  cpu_seconds: number;
  groups: number;
  longest_slice_ms: number;
  looks_mb: number;
  grown_mb: number;
};

const COUNT = 1_000_000;
const COPIES = 1_000;

/** Groups a million random hashes, of which a thousand are copies with 10 bits changed. */
export async function looks(): Promise<LooksTimes> {
  const all = randomLooks();
  const before = process.memoryUsage.rss();
  let peak = before;
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 1);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const { leaders } = await groupLooks(all);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  clearInterval(watch);
  peak = Math.max(peak, process.memoryUsage.rss());
  const looks_mb = (all.hashes.byteLength + all.chroma.byteLength + all.images.byteLength) / 1e6;
  return {
    looks: COUNT,
    seconds,
    cpu_seconds: (user + system) / 1e6,
    groups: leaders.filter((leader, content) => leader === content).length,
    longest_slice_ms: longest,
    looks_mb,
    grown_mb: (peak - before) / 1e6,
  };
}

function randomLooks(): Looks {
  const { upTo } = random(7);
  const hashes = Uint32Array.from({ length: COUNT * 8 }, () => upTo(2 ** 32) - 1);
  const looks = {
    count: COUNT,
    hashes,
    chroma: new Int16Array(COUNT * 2),
    images: new Uint32Array(COUNT).fill(1),
  };
  for (let copy = COUNT - COPIES; copy < COUNT; copy += 1) {
    const original = copy - COPIES;
    hashes.copyWithin(copy * 8, original * 8, original * 8 + 8);
    for (let bit = 0; bit < 10; bit += 1) {
      const at = copy * 8 + (upTo(8) - 1);
      hashes[at] = (hashes[at] ?? 0) ^ (1 << (upTo(32) - 1));
    }
  }
  return looks;
}
