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
import { interruptible } from './interrupt.ts';
import { EXIT, flawLines, plural, size, table } from './output.ts';
import { type ReadingFlags, readFlags } from './reading-flags.ts';
import { openReadable } from './readable.ts';

export type CheckOptions = ReadingFlags & { probe: string; json: boolean };

/** `minilab check FILE.csv`: validates a CSV or a workbook, and shows how it is read. Exits with 2 if it would be rejected. */
export async function check(file: string, options: CheckOptions): Promise<number> {
  await using csv = await openReadable(file, 'a CSV file');
  const count = probeCount(options.probe);
  const settings = readConfig();
  await using _watchdog = watchOver(file);
  const rules = {
    maxBytes: settings.maxUploadBytes,
    maxSourceBytes: settings.maxSourceBytes,
    allowPaths: true,
    presets: new Set(BUILTIN_PRESETS.map(({ name }) => name)),
    leastSide: leastSideOf(
      BUILTIN_PRESETS,
      BUILTIN_PRESETS.find(({ name }) => name === DEFAULT_PRESET),
    ),
    ...readFlags(options),
  };
  const files = new LocalFiles(dirname(resolve(file)));
  const { preview, sample } = await previewUpload(csv.createReadStream(), rules, (product) =>
    files.check(product),
  );
  const probes = await interruptible((signal) => imageHeadersOf(sample(count), signal));
  const result = { ...files.addTo(preview), probes };
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else show(basename(file), result);
  return result.ok ? EXIT.ok : EXIT.invalidInput;
}

const MISSING_LISTED = 100;

/** The local files that rows name. `process` looks for them below the folder of the CSV. */
class LocalFiles {
  readonly #folder: string;
  readonly #missing: Flaw[] = [];
  #count = 0;
  #missingCount = 0;
  #firstLine = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Checks that the files of a row exist. */
  async check({ line, images }: ProductRow): Promise<void> {
    for (const { host, url, flaw } of images) {
      if (host !== '' || flaw) continue;
      if (this.#count === 0) this.#firstLine = line;
      this.#count += 1;
      if (!(await isFileBelow(this.#folder, url))) this.#addMissing(line, url);
    }
  }

  #addMissing(line: number, path: string): void {
    this.#missingCount += 1;
    if (this.#missing.length === MISSING_LISTED) return;
    const detail = `There is no file "${path}" in the folder of the CSV.`;
    this.#missing.push({ line, code: 'file_not_found', detail });
  }

  /** Adds its findings as warnings: `process` continues without missing files. */
  addTo(preview: Preview): Preview {
    if (this.#count === 0) return preview;
    const detail = `${plural(this.#count, 'image is a local file', 'images are local files')}: minilab process reads them, the API takes URLs only.`;
    const local = { line: this.#firstLine, code: 'local_files', detail };
    return {
      ...preview,
      warning_count: preview.warning_count + this.#missingCount + 1,
      warnings: [...preview.warnings, local, ...this.#missing],
    };
  }
}

async function isFileBelow(folder: string, path: string): Promise<boolean> {
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
    return real.startsWith(root + sep) && (await stat(real)).isFile();
  } catch {
    return false; // a dangling link, or a name that no file can have
  }
}

/** @throws Problem `bad_request` */
function probeCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= 100) return count;
  throw new Problem('bad_request', { detail: `--probe is "${text}", and must be a number from 0 to 100.` });
}

async function imageHeadersOf(urls: string[], signal: AbortSignal): Promise<ImageHeader[]> {
  if (urls.length === 0) return [];
  const settings = readConfig();
  await using stack = new AsyncDisposableStack();
  const guard = createGuard(settings);
  stack.defer(() => guard.close());
  const decoders = createDecoderPool(1);
  stack.defer(() => decoders.stop());
  const userAgent = userAgentOf(settings.publicUrl);
  return await readImageHeaders(urls, { guard, userAgent, decoders }, signal);
}

function show(file: string, preview: Preview): void {
  const { sheet, columns, rows, images, warnings, warning_count, errors, error_count, probes, ok } = preview;
  const roles = Object.entries(columns).map(([role, name]) => [role, [name].flat().join(', ')]);
  const what = sheet === null ? file : `${file}, sheet "${sheet}"`;
  const parts = [`${what}: ${plural(rows, 'row')}, ${plural(images, 'image')}.`];
  if (roles.length > 0) parts.push(table([['READ AS', 'COLUMN'], ...roles], process.stdout));
  if (warning_count > 0)
    parts.push(`${plural(warning_count, 'warning')}:\n${flawLines(warnings, warning_count)}`);
  if (error_count > 0) parts.push(`${plural(error_count, 'error')}:\n${flawLines(errors, error_count)}`);
  if (probes.length > 0) parts.push(table([PROBE_HEADER, ...probes.map(probeCells)], process.stdout));
  parts.push(ok ? 'This file would be accepted.' : 'This file would be rejected.');
  process.stdout.write(`${parts.join('\n\n')}\n`);
}

const PROBE_HEADER = ['URL', 'VERDICT', 'FORMAT', 'PIXELS', 'BYTES'];

function probeCells({ url, ok, code, format, width, height, bytes }: ImageHeader): string[] {
  const pixels = width === null ? '' : `${width}x${height}`;
  return [url, ok ? 'ok' : (code ?? ''), format ?? '', pixels, bytes === null ? '' : size(bytes)];
}
