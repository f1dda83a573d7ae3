// Builds the page (web/) into the folder of its argument: index.html, and assets/ with hashed names.
// Each text file is stored a second and third time, compressed with gzip and Brotli.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const COMPRESSED = /\.(html|js|css|svg)$/;

await buildPage(resolve(process.argv[2] ?? 'dist/web'));

/** @param {string} folder is emptied first */
async function buildPage(folder) {
  await build({
    root: join(import.meta.dirname, '..', 'web'),
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'baseline-widely-available',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // they know light-dark(): it stays as written
      assetsInlineLimit: 0, // the policy of the page allows no data: but for images
      modulePreload: { polyfill: false },
    },
  });
  for (const path of globSync('**/*', { cwd: folder })) {
    if (!COMPRESSED.test(path)) continue;
    const content = readFileSync(join(folder, path));
    writeFileSync(join(folder, `${path}.gz`), gzipSync(content, { level: 9 }));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    writeFileSync(join(folder, `${path}.br`), brotliCompressSync(content, { params: quality }));
  }
}
