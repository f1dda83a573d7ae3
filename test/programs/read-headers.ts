/** Reads the headers of mutated and endless files, and checks whether they are whole. Prints their number and the slowest. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isComplete } from '../../src/pipeline/decoder/formats/complete.ts';
import { sniff, type SourceFormat } from '../../src/pipeline/sniff.ts';
import { readHeader } from '../../src/pipeline/decoder/formats/read-header.ts';
import { newFolder } from '../support/folder.ts';
import { endlessFiles, mutantsOf, samples } from '../support/mutants.ts';

await using folder = await newFolder();
const path = join(folder.path, 'mutant');
const slowest = { ms: 0, what: '' };
let count = 0;

async function read(what: string, format: SourceFormat, bytes: Buffer): Promise<void> {
  await writeFile(path, bytes);
  const before = process.cpuUsage(); // others may take the machine's time
  await readHeader({ path, bytes: bytes.length }).catch(() => {});
  await isComplete(path, format);
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1_000;
  if (ms > slowest.ms) Object.assign(slowest, { ms, what: `${format}, ${what}` });
  count += 1;
}

for (const [format, bytes] of await samples())
  for (const [what, mutant] of mutantsOf(bytes, Number(process.argv[2]))) await read(what, format, mutant);
for (const [what, bytes] of Object.entries(endlessFiles())) {
  const found = sniff(bytes.subarray(0, 256));
  if (found.is !== 'image') throw new Error(`${what} is taken for ${found.is}`);
  await read(what, found.format, bytes);
}
process.stdout.write(JSON.stringify({ count, slowest }));
