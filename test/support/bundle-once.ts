/** Bundles of modules, made once for all runs of a checkout. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

export const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'bundled');
const KEPT_MS = 24 * 3_600_000;

export type Bundles = {
  /** begins the name of their folder */
  name: string;
  /** The files that they are made from: with other contents they are made anew. */
  from: readonly string[];
  /** modules by the names of their bundles, which end in `.mjs` */
  input: Record<string, string>;
  /** which of the packages that they import are in them too; true: all */
  packages: true | readonly string[];
  plugins?: Plugin[];
  /** Adds to the folder before others see it. @param folder where it is now @param path where it will be */
  finish?(folder: string, path: string): void;
};

/** @returns the folder of the bundles */
export async function bundleOnce(bundles: Bundles): Promise<string> {
  const hash = createHash('sha256');
  const always = [import.meta.filename, join(ROOT, 'package-lock.json')];
  for (const path of [...always, ...bundles.from]) hash.update(path).update(readFileSync(path));
  const folder = join(CACHE, `${bundles.name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  removeOld(bundles.name);
  await bundleInto(folder, bundles);
  return folder;
}

/** Several runs may bundle at a time: each does so for itself, and the first one's folder stays. */
async function bundleInto(folder: string, { input, packages, plugins = [], finish }: Bundles): Promise<void> {
  const { build } = await import('vite');
  const own = `${folder}-${process.pid}`;
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    plugins,
    ssr: { noExternal: packages === true || [...packages] },
    build: {
      ssr: true,
      outDir: own,
      copyPublicDir: false,
      target: 'esnext',
      minify: false,
      rolldownOptions: {
        input,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
  finish?.(own, folder);
  try {
    renameSync(own, folder);
  } catch {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Those of contents that are no more. A run that began before may still use them, so they stay for a day. */
function removeOld(name: string): void {
  if (!existsSync(CACHE)) return;
  for (const folder of readdirSync(CACHE).filter((one) => one.startsWith(`${name}-`))) {
    const { mtimeMs } = statSync(join(CACHE, folder), { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > KEPT_MS) rmSync(join(CACHE, folder), { recursive: true, force: true });
  }
}
