import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { DEFAULT_TENANT } from '../access/tenants.ts';
import { Problem } from '../errors.ts';
import { replaceMarks } from '../marks/mark.queries.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import type { Mark } from '../pipeline/marks.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { lookOf } from '../pipeline/same-look.ts';
import type { Services } from '../services.ts';
import { openReadable } from './readable.ts';

/**
 * Marks pictures in files as placeholders, in the database of a run: it has no other marks.
 * @throws Problem `file_unreadable`
 */
export async function markFiles(
  { database }: Pick<Services, 'database'>,
  files: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const marks = files.length === 0 ? [] : await marksOfFiles(files, signal);
  await database.db.transaction().execute((trx) => replaceMarks(trx, DEFAULT_TENANT, marks));
}

async function marksOfFiles(files: readonly string[], signal: AbortSignal): Promise<Mark[]> {
  const decoders = createDecoderPool(1);
  try {
    const marks: Mark[] = [];
    for (const file of files) {
      const { bytes, sha256 } = await read(file);
      const job = { input: resolve(file), bytes, renditions: [] };
      const made = await decoders.make(job, signal).catch((error: unknown) => {
        throw error instanceof ImageProblem ? unreadable(file, error) : error;
      });
      marks.push({ sha256, kind: 'placeholder', look: lookOf(made.content) });
    }
    return marks;
  } finally {
    await decoders.stop();
  }
}

async function read(file: string): Promise<{ bytes: number; sha256: Buffer }> {
  await using opened = await openReadable(file, 'an image file');
  const hash = createHash('sha256');
  for await (const chunk of opened.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>)
    hash.update(chunk);
  return { bytes: (await opened.stat()).size, sha256: hash.digest() };
}

function unreadable(file: string, problem: ImageProblem): Problem {
  return new Problem('file_unreadable', { detail: `${file}: ${problem.message}`, cause: problem });
}
