import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '../../errors.ts';
import { NotAFile, openRegularFile } from '../../files.ts';
import { ImageProblem } from '../problems.ts';
import { tooLarge } from './body.ts';
import type { SourceFile } from './source-files.ts';

/** What the path of a file can be wrong with. Other codes, such as EMFILE, are trouble of our own. */
const PATH_CODES = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

/**
 * Copies a file below a folder. Links and `..` that lead out of the folder are not followed.
 * @throws ImageProblem; StorageTrouble
 */
export async function readLocal(
  name: string,
  file: SourceFile,
  { maxBytes, folder }: { maxBytes: number; folder: string },
): Promise<{ bytes: number; sha256: Buffer }> {
  const root = await realpath(folder);
  const real = await realpath(join(root, name)).catch(() => undefined);
  if (real === undefined || !real.startsWith(root + sep)) throw new ImageProblem('file_not_found', name);
  const writer = file.rewrite();
  for await (const chunk of chunksOf(real, name)) {
    if (writer.bytes() + chunk.length > maxBytes) throw tooLarge(maxBytes);
    await writer.add(chunk);
  }
  return await writer.finish();
}

async function* chunksOf(path: string, name: string): AsyncGenerator<Buffer> {
  try {
    const handle = await openRegularFile(path);
    yield* handle.createReadStream() as AsyncIterable<Buffer>;
  } catch (error) {
    const code = systemCode(error) ?? '';
    const why = error instanceof NotAFile ? error.message : code;
    if (!(error instanceof NotAFile) && !PATH_CODES.has(code)) throw error;
    throw new ImageProblem('file_not_found', `${name}: ${why}`, { cause: error });
  }
}
