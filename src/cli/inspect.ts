import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { readConfig } from '../config.ts';
import { createGuard } from '../net/guard.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { fetchSource, type Source } from '../pipeline/download/fetch.ts';
import { planRenditions } from '../pipeline/plan.ts';
import type { Facts, Made } from '../pipeline/decoder-protocol.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { createSourceFiles } from '../pipeline/download/source-files.ts';
import { watchOver } from '../watchdog/watchdog.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import { type Channel, CHANNELS } from '../presets/channels.ts';
import type { Preset } from '../presets/spec.ts';
import { VERSION } from '../version.ts';
import { onInterrupt } from './interrupt.ts';
import { EXIT, say, size, table } from './output.ts';
import { refuseUnreadable } from './readable.ts';

type Verdict = {
  preset: string;
  ok: boolean;
  code?: string;
  /** of each rendition */
  renditions: { name: string; width: number; height: number; bytes: number }[];
  /** what a marketplace would object to; empty: nothing */
  objections: string[];
};

/** `minilab inspect FILE-or-URL`: its facts, and each built-in preset tried on it. Exit 0, or 3 when it cannot be read. */
export async function inspect(what: string, { json }: { json: boolean }): Promise<number> {
  const settings = readConfig();
  const isUrl = /^https?:\/\//i.test(what);
  if (!isUrl) await refuseUnreadable(what, 'an image file');
  const signal = onInterrupt(() => say('\nStopping.'));
  await using stack = new AsyncDisposableStack();
  stack.use(watchOver(what));
  const folder = await mkdtemp(join(tmpdir(), 'minilab-inspect-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const guard = createGuard(settings);
  stack.defer(() => guard.close());
  const files = createSourceFiles(folder);
  stack.defer(() => files.close());
  const decoders = createDecoderPool(1);
  stack.defer(() => decoders.stop());

  const file = await files.take();
  const rules = {
    guard,
    maxBytes: settings.maxSourceBytes,
    userAgent: `minilab/${VERSION}`,
    localFolder: isUrl ? undefined : dirname(resolve(what)),
  };
  try {
    const source = await fetchSource(isUrl ? what : basename(what), file, rules, signal);
    const facts = await decoders.readHeader({ path: source.path, bytes: source.bytes }, signal);
    const verdicts: Verdict[] = [];
    let described: object = {};
    for (const preset of BUILTIN_PRESETS) {
      const job = planRenditions(source, { preset: preset.name, renditions: preset.renditions });
      const made = await decoders.make({ ...job, describe: true }, signal).catch(problemOf);
      if (!(made instanceof ImageProblem))
        described = { ...made.description, difference_hash: made.differenceHash };
      verdicts.push(verdictOn(preset, made));
    }
    const seen = { ...seenOf(source, facts), ...described };
    const ok = verdicts.some((verdict) => verdict.ok);
    if (json) process.stdout.write(`${JSON.stringify({ ok, ...seen, presets: verdicts })}\n`);
    else show(seen, verdicts);
    return ok ? EXIT.ok : EXIT.someFailed;
  } catch (error) {
    const { code, message } = problemOf(error);
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, code, detail: message })}\n`);
    else say(`${code}: ${message}`);
    return EXIT.someFailed;
  } finally {
    files.giveBack(file);
  }
}

function problemOf(error: unknown): ImageProblem {
  if (error instanceof ImageProblem) return error;
  throw error;
}

function seenOf({ bytes, sha256, finalUrl }: Source, { format, width, height, isInterlaced }: Facts) {
  const megapixels = Math.round((width * height) / 1e4) / 100;
  const source = {
    source: finalUrl,
    format,
    width,
    height,
    megapixels,
    bytes,
    sha256: sha256.toString('hex'),
  };
  return { ...source, progressive: isInterlaced };
}

function verdictOn(preset: Preset, made: Made | ImageProblem): Verdict {
  if (made instanceof ImageProblem)
    return { preset: preset.name, ok: false, code: made.code, renditions: [], objections: [made.message] };
  const renditions = made.files.map(({ name, width, height, bytes }) => ({ name, width, height, bytes }));
  const channel = CHANNELS.find(({ name }) => name === preset.name);
  const [main] = renditions;
  const objections = channel && main ? objectionsOf(channel, main) : [];
  return { preset: preset.name, ok: true, renditions, objections };
}

function objectionsOf(
  channel: Channel,
  { width, height, bytes }: { width: number; height: number; bytes: number },
): string[] {
  const least = { 'both sides': Math.min(width, height), 'longer side': Math.max(width, height) };
  const { minimum, advised, maxPixels, maxSide, maxSidesAdded, maxBytes } = channel;
  const objections: string[] = [];
  if (least[minimum.of] < minimum.pixels)
    objections.push(`refused: ${minimum.of} must have at least ${minimum.pixels} px`);
  else if (least[advised.of] < advised.pixels)
    objections.push(`${advised.of} should have ${advised.pixels} px`);
  const isTooLarge =
    width * height > (maxPixels ?? Number.POSITIVE_INFINITY) ||
    Math.max(width, height) > (maxSide ?? Number.POSITIVE_INFINITY) ||
    width + height > (maxSidesAdded ?? Number.POSITIVE_INFINITY);
  if (isTooLarge) objections.push('refused: too many pixels');
  if (bytes > maxBytes) objections.push(`refused: more than ${size(maxBytes)}`);
  return objections;
}

function show(seen: object, verdicts: Verdict[]): void {
  const facts = Object.entries(seen).map(([name, value]) => [
    name.replaceAll('_', ' '),
    Array.isArray(value)
      ? value.join(', ') || 'none'
      : ((value as string | undefined)?.toString() ?? 'unknown'),
  ]);
  const rows = verdicts.map(({ preset, ok, code, renditions, objections }) => [
    preset,
    ok
      ? renditions
          .map(({ name, width, height, bytes }) => `${name} ${width}x${height} ${size(bytes)}`)
          .join(', ')
      : `failed: ${code}`,
    objections.join('; ') || 'good',
  ]);
  process.stdout.write(
    `${table(facts, process.stdout)}\n\n${table([['PRESET', 'WOULD BECOME', 'VERDICT'], ...rows], process.stdout)}\n`,
  );
}
