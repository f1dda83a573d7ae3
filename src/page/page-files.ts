import { glob, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { builtPage } from './built.ts';

export type PageFile = { type: string; plain: Buffer; gzip: Buffer | undefined; br: Buffer | undefined };
export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** The files of the page by their paths, read once: together they are a few hundred kilobytes. */
export function pageFiles(): () => Promise<PageFiles> {
  let files: Promise<PageFiles> | undefined;
  return () => {
    files ??= readAll().catch((error: unknown) => {
      files = undefined; // the next request tries again
      throw error;
    });
    return files;
  };
}

async function readAll(): Promise<PageFiles> {
  const folder = await builtPage();
  const read = (path: string): Promise<Buffer | undefined> =>
    readFile(join(folder, path)).catch(() => undefined);
  const files = new Map<string, PageFile>();
  for await (const path of glob('**/*.*', { cwd: folder })) {
    const type = TYPES[extname(path)];
    const plain = type === undefined ? undefined : await read(path);
    if (type === undefined || !plain) continue; // compressed forms belong to their files
    files.set(path, { type, plain, gzip: await read(`${path}.gz`), br: await read(`${path}.br`) });
  }
  return files;
}
