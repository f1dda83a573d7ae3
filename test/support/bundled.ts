/**
 * What the processes of a run load, as a few files instead of many: a run starts hundreds of processes, and each
 * would load one by one the 900 files of TypeBox and Kysely, and a server the 560 of Minilab.
 */
import { globSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';
import { bundleOnce, ROOT } from './bundle-once.ts';

const PACKAGES = ['typebox', 'typebox/compile', 'typebox/system', 'typebox/value', 'kysely'];
/** packages of many files, which only the program loads */
const WITH_PROGRAM = ['undici', 'pg-boss', 'cron-parser', 'luxon', 'csv-stringify', 'commander'];
const HOOK = 'use.mjs';

/** @returns the address of a module that a process imports first, so that the imports of this checkout find the bundles */
export async function bundledPackages(): Promise<string> {
  const folder = await bundleOnce({
    name: 'packages',
    from: [import.meta.filename],
    input: Object.fromEntries(PACKAGES.map((name) => [fileOf(name), name])),
    packages: true,
    finish: (now, path) => writeFileSync(join(now, HOOK), hookTo(path)),
  });
  return pathToFileURL(join(folder, HOOK)).href;
}

/** @returns the path of src/main.ts in bundles */
export async function bundledProgram(): Promise<string> {
  const sources = globSync(['src/**/*.ts', 'scripts/*.js', 'package.json'], { cwd: ROOT });
  const folder = await bundleOnce({
    name: 'program',
    from: [import.meta.filename, ...sources.toSorted().map((path) => join(ROOT, path))],
    input: { main: join(ROOT, 'src', 'main.ts') },
    packages: WITH_PROGRAM,
    plugins: [placesOfSources],
  });
  return join(folder, 'main.mjs');
}

/** A module in a bundle finds what lies beside its source: decoders, the thread of the watchdog, package.json. */
const placesOfSources: Plugin = {
  name: 'places-of-sources',
  enforce: 'pre',
  transform(code, id) {
    if (!id.startsWith(ROOT + sep) || id.includes('node_modules') || !code.includes('import.meta')) return;
    const places = { url: pathToFileURL(id).href, dirname: dirname(id), filename: id };
    return code.replaceAll(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, name: keyof typeof places) =>
      JSON.stringify(places[name]),
    );
  },
};

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
