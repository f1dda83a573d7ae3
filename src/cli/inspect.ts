import { basename, dirname, resolve } from 'node:path';
import { readConfig } from '../config.ts';
import type { DecoderPool } from '../pipeline/decoder-pool.ts';
import { fetchSource, type Source } from '../pipeline/download/fetch.ts';
import type { Facts, Made } from '../pipeline/decoder-protocol.ts';
import type { Measures } from '../pipeline/measures.ts';
import { planRenditions } from '../pipeline/plan.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import { type Channel, CHANNELS } from '../presets/channels.ts';
import type { Preset } from '../presets/spec.ts';
import { VERSION } from '../version.ts';
import { EXIT, say, size, table } from './output.ts';
import { refuseUnreadable } from './readable.ts';
import { openSingleDownload } from './single-download.ts';

type Verdict = {
  preset: string;
  ok: boolean;
  code?: string;
  /** of each rendition */
  renditions: { name: string; width: number; height: number; bytes: number }[];
  /** of the preset's marketplace; empty: none */
  objections: string[];
};

type Seen = ReturnType<typeof seenOf> & { measures?: Measures };

/** `minilab inspect FILE-or-URL`: shows an image's facts, and what each built-in preset makes of it. Exits with 3 if none can. */
export async function inspect(what: string, { json }: { json: boolean }): Promise<number> {
  const settings = readConfig();
  const isUrl = /^https?:\/\//i.test(what);
  if (!isUrl) await refuseUnreadable(what, 'an image file');
  await using stack = new AsyncDisposableStack();
  const { guard, file, decoders, interrupted } = await openSingleDownload(what, settings, stack);
  const rules = {
    guard,
    maxBytes: settings.maxSourceBytes,
    userAgent: `minilab/${VERSION}`,
    localFolder: isUrl ? undefined : dirname(resolve(what)),
  };
  try {
    const source = await fetchSource(isUrl ? what : basename(what), file, rules, interrupted);
    const facts = await decoders.readHeader({ path: source.path, bytes: source.bytes }, interrupted);
    const seen: Seen = { ...seenOf(source, facts), ...(await measured(source, decoders, interrupted)) };
    const verdicts = await tryPresets(source, decoders, interrupted);
    const ok = verdicts.some((verdict) => verdict.ok);
    if (json) process.stdout.write(`${JSON.stringify({ ok, ...seen, presets: verdicts })}\n`);
    else show(seen, verdicts);
    return ok ? EXIT.ok : EXIT.someFailed;
  } catch (error) {
    const { code, message } = problemOf(error);
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, code, detail: message })}\n`);
    else say(`${code}: ${message}`);
    return EXIT.someFailed;
  }
}

/** The image as the decoder sees it; nothing if it cannot be decoded, which every preset then says. */
async function measured(
  source: Source,
  decoders: DecoderPool,
  signal: AbortSignal,
): Promise<object & { measures?: Measures }> {
  const { path: input, bytes } = source;
  const made = await decoders.make({ input, bytes, describe: true, renditions: [] }, signal).catch(problemOf);
  if (made instanceof ImageProblem) return {};
  const { description, differenceHash, content } = made;
  const { lookHash, measures } = content;
  const hashes = { difference_hash: differenceHash, look_hash: lookHash };
  return { ...description, ...hashes, measures };
}

/** Makes the renditions of each built-in preset. */
async function tryPresets(source: Source, decoders: DecoderPool, signal: AbortSignal): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const preset of BUILTIN_PRESETS) {
    const plan = planRenditions(source, { preset: preset.name, renditions: preset.renditions });
    const made = await decoders.make(plan, signal).catch(problemOf);
    verdicts.push(verdictOn(preset, made));
  }
  return verdicts;
}

/** @throws errors that are no ImageProblem */
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

function show({ measures, ...seen }: Seen, verdicts: Verdict[]): void {
  const { v: _, ...told } = measures ?? {};
  const facts = Object.entries({ ...seen, ...told }).map(([name, value]) => [
    name.replaceAll('_', ' '),
    inWords(value),
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

/** A fact of an image for people. */
function inWords(value: unknown): string {
  if (value === null || value === undefined) return 'unknown';
  if (Array.isArray(value)) return value.join(', ') || 'none';
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, part]) => `${name} ${part}`)
      .join(', ');
  return `${value as string | number | boolean}`;
}
