import { basename, dirname, resolve } from 'node:path';
import { today } from '../channels/day.ts';
import { NOT_JUDGED } from '../channels/verdict.ts';
import { readConfig } from '../config.ts';
import type { DecoderPool } from '../pipeline/decoder-pool.ts';
import { fetchSource, type Source } from '../pipeline/download/fetch.ts';
import type { Facts, Made } from '../pipeline/decoder-protocol.ts';
import type { Measures } from '../pipeline/measures.ts';
import { planRenditions } from '../pipeline/plan.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { BUILTIN_PRESETS, channelOf } from '../presets/builtin.ts';
import { FORMAT_FACTS } from '../presets/spec.ts';
import { userAgentOf } from '../version.ts';
import { channelBodies, judged, type Judging, objectionsOf, verdictTable } from './inspect-verdicts.ts';
import { EXIT, say, size, table } from './output.ts';
import { fileFacts, measure, problemOf } from './inspect-facts.ts';
import { readDay } from './days.ts';
import { interruptible } from './interrupt.ts';
import { refuseUnreadable } from './readable.ts';
import { openSingleDownload } from './single-download.ts';

type OfPreset = {
  preset: string;
  ok: boolean;
  code?: string;
  /** of each rendition */
  renditions: { name: string; width: number; height: number; bytes: number }[];
  /** of the preset's marketplace; empty: none */
  objections: string[];
};

type Seen = ReturnType<typeof seenOf> & { measures?: Measures };

export type InspectOptions = { json: boolean; asOf?: string; apparel: boolean };

/**
 * `minilab inspect FILE-or-URL`: shows an image's facts, what each marketplace says of it, and what each built-in
 * preset makes of it. Exits with 3 if none can.
 */
export async function inspect(what: string, options: InspectOptions): Promise<number> {
  return await interruptible((interrupted) => inspectUntil(interrupted, what, options));
}

async function inspectUntil(
  interrupted: AbortSignal,
  what: string,
  options: InspectOptions,
): Promise<number> {
  const { json } = options;
  const settings = readConfig();
  const isUrl = /^https?:\/\//i.test(what);
  const judging = judgingOf(options, isUrl ? what : undefined);
  if (!isUrl) await refuseUnreadable(what, 'an image file');
  await using stack = new AsyncDisposableStack();
  const { guard, file, decoders } = await openSingleDownload(what, settings, stack);
  const rules = {
    guard,
    maxBytes: settings.maxSourceBytes,
    userAgent: userAgentOf(settings.publicUrl),
    localFolder: isUrl ? undefined : dirname(resolve(what)),
  };
  try {
    const source = await fetchSource(isUrl ? what : basename(what), file, rules, interrupted);
    const facts = await decoders.readHeader({ path: source.path, bytes: source.bytes }, interrupted);
    const measured = await measure(source, decoders, interrupted);
    const seen: Seen = { ...seenOf(source, facts), ...describe(measured) };
    const channels = judged(fileFacts({ ...facts, bytes: source.bytes }, measured), judging);
    const presets = await tryPresets(source, judging, decoders, interrupted);
    const ok = presets.some((preset) => preset.ok);
    if (json) {
      const verdicts = { as_of: judging.asOf, channels: channelBodies(channels), not_judged: NOT_JUDGED };
      process.stdout.write(`${JSON.stringify({ ok, ...seen, presets, ...verdicts })}\n`);
    } else show(seen, presets, channels);
    return ok ? EXIT.ok : EXIT.someFailed;
  } catch (error) {
    const { code, message } = problemOf(error);
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, code, detail: message })}\n`);
    else say(`${code}: ${message}`);
    return EXIT.someFailed;
  }
}

function judgingOf({ asOf = today(), apparel }: InspectOptions, url: string | undefined): Judging {
  return { asOf: readDay(asOf), url, category: apparel ? 'apparel' : undefined };
}

function describe(made: Made | undefined): Record<string, unknown> & { measures?: Measures } {
  if (!made) return {};
  const { description, differenceHash, content } = made;
  const { lookHash, measures } = content;
  return { ...description, difference_hash: differenceHash, look_hash: lookHash, measures };
}

/** Makes the renditions of each built-in preset, and measures those for marketplaces. */
async function tryPresets(
  source: Source,
  judging: Judging,
  decoders: DecoderPool,
  signal: AbortSignal,
): Promise<OfPreset[]> {
  const tried: OfPreset[] = [];
  for (const { name: preset, renditions } of BUILTIN_PRESETS) {
    const plan = planRenditions(source, { preset, renditions });
    const made = await decoders.make(plan, signal).catch(problemOf);
    if (made instanceof ImageProblem) {
      tried.push({ preset, ok: false, code: made.code, renditions: [], objections: [made.message] });
      continue;
    }
    const sizes = made.files.map(({ name, width, height, bytes }) => ({ name, width, height, bytes }));
    const [main, spec] = [sizes[0], plan.renditions[0]];
    const channel = channelOf(preset);
    const isJudged = main !== undefined && spec !== undefined && channel !== undefined;
    const file = isJudged
      ? fileFacts(
          { ...main, format: FORMAT_FACTS[spec.format].name },
          await measure({ path: spec.output, bytes: main.bytes }, decoders, signal),
        )
      : undefined;
    const objections = file && channel ? objectionsOf(channel, file, { ...judging, url: undefined }) : [];
    tried.push({ preset, ok: true, renditions: sizes, objections });
  }
  return tried;
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

function show({ measures, ...seen }: Seen, presets: OfPreset[], channels: ReturnType<typeof judged>): void {
  const { v: _, ...told } = measures ?? {};
  const facts = Object.entries({ ...seen, ...told }).map(([name, value]) => [
    name.replaceAll('_', ' '),
    inWords(value),
  ]);
  const rows = presets.map(({ preset, ok, code, renditions, objections }) => [
    preset,
    ok
      ? renditions
          .map(({ name, width, height, bytes }) => `${name} ${width}x${height} ${size(bytes)}`)
          .join(', ')
      : `failed: ${code}`,
    objections.join('; ') || 'good',
  ]);
  const made = table([['PRESET', 'WOULD BECOME', 'VERDICT'], ...rows], process.stdout);
  const judgement = verdictTable(channels);
  process.stdout.write(
    `${table(facts, process.stdout)}\n\n${judgement}\n\n${made}\n\nNot judged: ${NOT_JUDGED.join('; ')}.\n`,
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
