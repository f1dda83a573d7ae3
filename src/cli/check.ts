import { basename } from 'node:path';
import { readConfig } from '../config.ts';
import { Problem } from '../errors.ts';
import { leastSideOf } from '../intake/doubts.ts';
import { type Preview, previewUpload, type Probe, probeImages } from '../intake/preview.ts';
import { BUILTIN_PRESETS, DEFAULT_PRESET } from '../presets/builtin.ts';
import { createGuard } from '../net/guard.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { watchOver } from '../queue/watchdog.ts';
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
  const { preview, sample } = await previewUpload(csv.createReadStream(), rules);
  const probes = await probed(sample(count));
  const result = { ...preview, probes };
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else show(basename(file), result);
  return result.ok ? EXIT.ok : EXIT.invalidInput;
}

/** @throws Problem `bad_request` */
function probeCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= 100) return count;
  throw new Problem('bad_request', { detail: `--probe is "${text}", and must be a number from 0 to 100.` });
}

async function probed(urls: string[]): Promise<Probe[]> {
  if (urls.length === 0) return [];
  const settings = readConfig();
  await using stack = new AsyncDisposableStack();
  const guard = createGuard(settings);
  stack.defer(() => guard.close());
  const decoders = createDecoderPool(1);
  stack.defer(() => decoders.stop());
  const signal = onInterrupt(() => say('\nStopping.'));
  const userAgent = userAgentOf(settings.publicUrl);
  return await probeImages(urls, { guard, userAgent, decoders }, signal);
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

function probeCells({ url, ok, code, format, width, height, bytes }: Probe): string[] {
  const pixels = width === null ? '' : `${width}x${height}`;
  return [url, ok ? 'ok' : (code ?? ''), format ?? '', pixels, bytes === null ? '' : size(bytes)];
}
