/**
 * Packages of very many files, as one file each for the processes of a run. A process that loads the 900 files of
 * TypeBox and Kysely one by one takes a quarter of its start for them, and a run starts hundreds.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'bundled');
const PACKAGES = ['typebox', 'typebox/compile', 'typebox/system', 'typebox/value', 'kysely'];
const HOOK = 'use.mjs';

/** @returns the address of a module that a process imports first, so that the imports of this checkout find the bundles */
export async function bundledPackages(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [import.meta.filename, join(ROOT, 'package-lock.json')]) hash.update(readFileSync(path));
  const folder = join(CACHE, hash.digest('hex').slice(0, 16));
  if (!existsSync(folder)) await bundleInto(folder);
  return pathToFileURL(join(folder, HOOK)).href;
}

/** Several runs may bundle at a time: each does so for itself, and the first one's folder stays. */
async function bundleInto(folder: string): Promise<void> {
  const { build } = await import('vite');
  const own = `${folder}-${process.pid}`;
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: own,
      copyPublicDir: false,
      target: 'esnext',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(PACKAGES.map((name) => [fileOf(name), name])),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
  writeFileSync(join(own, HOOK), hookTo(folder));
  try {
    renameSync(own, folder);
  } catch {
    rmSync(own, { recursive: true, force: true });
  }
}

function fileOf(name: string): string {
  return name.replace('/', '-');
}

function hookTo(folder: string): string {
  const urls = PACKAGES.map((name) => [name, pathToFileURL(join(folder, `${fileOf(name)}.mjs`)).href]);
  return `import { registerHooks } from 'node:module';
const bundles = new Map(${JSON.stringify(urls)});
registerHooks({
  resolve(specifier, context, next) {
    const isOurs = context.parentURL?.startsWith(${JSON.stringify(pathToFileURL(ROOT).href)} + '/');
    const url = isOurs ? bundles.get(specifier) : undefined;
    return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true };
  },
});
`;
}
