/** Downloads the URLs on standard input, a JSON list, and prints what each ended in. */
import { json } from 'node:stream/consumers';
import pLimit from 'p-limit';
import { readConfig } from '../../src/config.ts';
import { createGuard } from '../../src/net/guard.ts';
import { fetchSource } from '../../src/pipeline/download/fetch.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { createSourceFiles } from '../../src/pipeline/download/source-files.ts';
import { newFolder } from '../support/folder.ts';

const urls = (await json(process.stdin)) as string[];
const guard = createGuard(readConfig());
await using folder = await newFolder();
const files = createSourceFiles(folder.path);
const rules = { guard, maxBytes: 1_000_000, userAgent: 'minilab/test', localFolder: undefined };

async function endOf(url: string): Promise<string> {
  const file = await files.take();
  return fetchSource(url, file, rules, new AbortController().signal)
    .then(
      () => 'an image',
      (error: unknown) => (error instanceof ImageProblem ? `${error.code}: ${error.message}` : String(error)),
    )
    .finally(() => files.giveBack(file));
}

const limit = pLimit(16);
const ends = await Promise.all(urls.map((url) => limit(endOf, url)));
process.stdout.write(JSON.stringify(ends));
await files.close();
await guard.close();
