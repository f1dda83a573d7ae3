import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { glob, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../errors.ts';
import { isFolder } from '../files.ts';

/** Of the package: `prepack` has built it. */
const PACKED = join(import.meta.dirname, '..', 'web');
const CHECKOUT = join(import.meta.dirname, '..', '..');
/** Of a checkout: one folder per content of the sources. */
const CACHE = join(CHECKOUT, 'node_modules', '.cache', 'page');
/** What decides how the page turns out, besides web/ itself. */
const BUILDERS = ['package-lock.json', 'scripts/build-page.js'];

/**
 * The folder with the built page. From a checkout it is built when it is first asked for: a start of the API waits
 * for nothing. The folder is named by a hash of the sources, so it is never stale.
 * @throws Problem `not_ready` if it cannot be built
 */
export async function builtPage(): Promise<string> {
  if (await isFolder(PACKED)) return PACKED;
  const folder = join(CACHE, await hashOfSources());
  if (!(await isFolder(folder))) await build(folder);
  return folder;
}

async function hashOfSources(): Promise<string> {
  const paths = [...BUILDERS];
  for await (const entry of glob('web/**/*.*', { cwd: CHECKOUT })) paths.push(entry);
  const hash = createHash('sha256');
  for (const path of paths.toSorted()) {
    const content = await readFile(join(CHECKOUT, path));
    hash.update(`${path}\0${content.byteLength}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Several processes may build at a time: each builds for itself, and the first one's folder stays. */
async function build(folder: string): Promise<void> {
  const own = `${folder}-${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  const child = spawn(process.execPath, [join('scripts', 'build-page.js'), own], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0)
    throw new Problem('not_ready', {
      detail: `The page cannot be built: ${said.trim() || 'no reason given'}`,
    });
  await rename(own, folder).catch(() => rm(own, { recursive: true, force: true }));
}
