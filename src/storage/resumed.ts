import { Readable } from 'node:stream';
import type { Patiently } from './patient.ts';
import { type Opened, type Range, StorageTrouble } from './storage.ts';

/** The file was removed while it was read. */
export class RemovedMeanwhile extends StorageTrouble {}

/** Opens the rest of a file; undefined: it is not there any more. */
type Reopen = (range: Range, signal: AbortSignal) => Promise<Opened | undefined>;

type Parts = {
  /** of the storage, for errors */
  name: string;
  /** what was asked for; left out: the whole file */
  range: Range | undefined;
  patiently: Patiently;
  reopen: Reopen;
  signal: AbortSignal;
};

const MOST_STOPS = 20; // without a byte between them

/**
 * A file that is opened again where it breaks off: files may be uploaded pictures of MAX_SOURCE_BYTES, too large to be
 * kept in memory until they are known to be whole.
 */
export function resumed(opened: Opened, parts: Parts): Opened {
  const content = Readable.from(chunksOf(opened, parts), { objectMode: false });
  content.once('close', () => opened.content.destroy()); // it may never have been read
  return { ...opened, content };
}

async function* chunksOf(opened: Opened, parts: Parts): AsyncGenerator<Buffer> {
  const { from, to } = parts.range ?? { from: 0, to: opened.bytes - 1 };
  let [at, stops] = [from, 0];
  for (let { content } = opened; ;) {
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        at += chunk.length;
        stops = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      stops += 1;
      if (!(error instanceof StorageTrouble) || stops > MOST_STOPS) throw error;
      content = (await openedAgain(error, opened, { ...parts, range: { from: at, to } })).content;
    }
  }
}

/** The rest of a file, after a wait. @throws what broke it off, where that does not pass; RemovedMeanwhile */
async function openedAgain(
  brokeOff: StorageTrouble,
  { etag }: Opened,
  { name, range, patiently, reopen, signal }: Parts & { range: Range },
): Promise<Opened> {
  let isTold = false;
  const rest = await patiently(signal, async (within) => {
    if (isTold) return reopen(range, within);
    isTold = true;
    throw brokeOff; // it is told, and waited for, as other failures are
  });
  if (!rest) throw new RemovedMeanwhile(`${name}: a file was removed while it was read`);
  if (rest.etag === etag) return rest;
  rest.content.destroy();
  throw new StorageTrouble(`${name}: a file was replaced while it was read`);
}
