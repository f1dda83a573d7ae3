import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { readConfig } from '../config.ts';
import { type Flaw, Problem } from '../errors.ts';
import { leastSideOf } from '../intake/doubtful-columns.ts';
import { type ImageHeader, readImageHeaders } from '../intake/image-headers.ts';
import { type Preview, previewUpload } from '../intake/preview.ts';
import type { ProductRow } from '../intake/rows.ts';
import { BUILTIN_PRESETS, DEFAULT_PRESET } from '../presets/builtin.ts';
import { createGuard } from '../net/guard.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { watchOver } from '../watchdog/watchdog.ts';
import { userAgentOf } from '../version.ts';
import { onInterrupt } from './interrupt.ts';
import { EXIT, flawLines, plural, say, size, table } from './output.ts';
import { type ReadingFlags, readFlags } from './reading-flags.ts';
import { openReadable } from './readable.ts';

export type CheckOptions = ReadingFlags & { probe: string; json: boolean };

/** `minilab check FILE.csv`: what it would be taken for. Exit 0, or 2 when it would be refused. */
export async function check(file: string, options: CheckOptions): Promise<number> {
  await using csv = await openReadable(file, 'a CSV file');
  const count = probeCount(options.probe);
  const settings = readConfig();
  await using _watchdog = watchOver(file);
  const rules = {
    maxBytes: settings.maxUploadBytes,
    allowPaths: true,
    presets: new Set(BUILTIN_PRESETS.map(({ name }) => name)),
    leastSide: leastSideOf(
      BUILTIN_PRESETS,
      BUILTIN_PRESETS.find(({ name }) => name === DEFAULT_PRESET),
    ),
    ...readFlags(options),
  };
  const files = fileLook(dirname(resolve(file)));
  const { preview, sample } = await previewUpload(csv.createReadStream(), rules, files.look);
  const probes = await probed(sample(count));
  const result = { ...withFiles(preview, files), probes };
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else show(basename(file), result);
  return result.ok ? EXIT.ok : EXIT.invalidInput;
}

type FileLook = { count: number; missing: Flaw[]; missingCount: number; firstLine: number };

/** Looks whether the files that rows name are where `process` looks for them: below the CSV's folder. */
function fileLook(folder: string) {
  const seen: FileLook = { count: 0, missing: [], missingCount: 0, firstLine: 0 };
  const look = async ({ line, images }: ProductRow): Promise<void> => {
    for (const { host, url, flaw } of images) {
      if (host !== '' || flaw) continue;
      if (seen.count === 0) seen.firstLine = line;
      seen.count += 1;
      if (await isFileBelow(folder, url)) continue;
      seen.missingCount += 1;
      const detail = `There is no file "${url}" in the folder of the CSV.`;
      if (seen.missing.length < FILES_TOLD) seen.missing.push({ line, code: 'file_not_found', detail });
    }
  };
  return Object.assign(seen, { look });
}

const FILES_TOLD = 100;

async function isFileBelow(folder: string, path: string): Promise<boolean> {
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
    return real.startsWith(root + sep) && (await stat(real)).isFile();
  } catch {
    return false; // a link that leads nowhere, a name that is none
  }
}

/** What was found of files, as warnings: `process` goes on without those that are missing. */
function withFiles(preview: Preview, { count, missing, missingCount, firstLine }: FileLook): Preview {
  if (count === 0) return preview;
  const detail = `${plural(count, 'image is a file', 'images are files')} beside the CSV: minilab process reads them, the API takes addresses only.`;
  return {
    ...preview,
    warning_count: preview.warning_count + missingCount + 1,
    warnings: [...preview.warnings, { line: firstLine, code: 'local_files', detail }, ...missing],
  };
}

/** @throws Problem `bad_request` */
function probeCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= 100) return count;
  throw new Problem('bad_request', { detail: `--probe is "${text}", and must be a number from 0 to 100.` });
}

async function probed(urls: string[]): Promise<ImageHeader[]> {
  if (urls.length === 0) return [];
  const settings = readConfig();
  await using stack = new AsyncDisposableStack();
  const guard = createGuard(settings);
  stack.defer(() => guard.close());
  const decoders = createDecoderPool(1);
  stack.defer(() => decoders.stop());
  const signal = onInterrupt(() => say('\nStopping.'));
  const userAgent = userAgentOf(settings.publicUrl);
  return await readImageHeaders(urls, { guard, userAgent, decoders }, signal);
}

function show(file: string, preview: Preview): void {
  const columns = Object.entries(preview.columns).map(([role, name]) => [role, [name].flat().join(', ')]);
  const lines = [`${file}: ${plural(preview.rows, 'row')}, ${plural(preview.images, 'image')}.`];
  if (columns.length > 0) lines.push('', table([['READ AS', 'COLUMN'], ...columns], process.stdout));
  if (preview.warning_count > 0)
    lines.push(
      '',
      `${plural(preview.warning_count, 'warning')}:`,
      flawLines(preview.warnings, preview.warning_count),
    );
  if (preview.error_count > 0)
    lines.push(
      '',
      `${plural(preview.error_count, 'error')}:`,
      flawLines(preview.errors, preview.error_count),
    );
  if (preview.probes.length > 0)
    lines.push(
      '',
      table(
        [['URL', 'VERDICT', 'FORMAT', 'PIXELS', 'BYTES'], ...preview.probes.map(probeCells)],
        process.stdout,
      ),
    );
  lines.push('', preview.ok ? 'It would be accepted.' : 'It would be refused.');
  process.stdout.write(`${lines.join('\n')}\n`);
}

function probeCells({ url, ok, code, format, width, height, bytes }: ImageHeader): string[] {
  const pixels = width === null ? '' : `${width}x${height}`;
  return [url, ok ? 'ok' : (code ?? ''), format ?? '', pixels, bytes === null ? '' : size(bytes)];
}
