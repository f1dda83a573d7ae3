import { resolve } from 'node:path';
import { today } from '../channels/day.ts';
import type { CheckChoice } from '../channels/check-query.ts';
import { readConfig } from '../config.ts';
import { Problem } from '../errors.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import type { Preset, Recipe } from '../presets/spec.ts';
import type { BatchCheck } from '../results/check/check.ts';
import { ensureWritable } from '../services.ts';
import { findChannels } from './channels.ts';
import { refuseUnwritable, writeCheck } from './check-file.ts';
import { sayLooks } from './looks-report.ts';
import { hasFailed, openRunCheck, reportCheck, sayNotJudged } from './check-report.ts';
import { readDay } from './days.ts';
import type { HeadStart } from './head-start.ts';
import { onInterrupt, unlessStopped } from './interrupt.ts';
import { EXIT, printJson, say, Stopped } from './output.ts';
import { findPreset } from './presets.ts';
import { openReadable } from './readable.ts';
import { type ReadingFlags, readFlags } from './reading-flags.ts';
import { runBatch, type RunRequest } from './run-batch.ts';

export type AuditOptions = ReadingFlags & {
  channel: string;
  asOf?: string;
  of: string;
  preset?: string;
  rendition?: string;
  apparel: boolean;
  out?: string;
  json: boolean;
};

/** What `--json` prints if there is no result. */
export const NO_AUDIT = { as_of: null, checks: [], out: null };

const NOTHING_JUDGED = 'Stopped before the end: nothing was judged.';

/**
 * `minilab audit FILE.csv --channel google`: downloads and measures the images of a CSV, and tells what channels say of
 * them. It makes no renditions, unless they are what is judged. Exits with 3 if an image fails what a channel demands.
 */
export async function audit(file: string, options: AuditOptions, begun: HeadStart): Promise<number> {
  await using head = begun;
  await using csv = await openReadable(file, 'a CSV file');
  const channels = await findChannels(options.channel);
  const choice = choiceOf(options);
  const request = await requestOf(options);
  if (options.out !== undefined) await refuseUnwritable(resolve(options.out));
  const settings = readConfig();
  await ensureWritable(settings.dataDir);
  const interrupted = onInterrupt(() => say('\nStopping.'));
  await using stack = new AsyncDisposableStack();
  const running = runBatch({ csv, file }, request, settings, { head, interrupted, stack });
  const { services, batch, ended } = await unlessStopped(running, interrupted, NOTHING_JUDGED);
  if (!ended.ended_at) throw new Stopped(NOTHING_JUDGED);
  await sayLooks(services.database.db, batch);
  const check = await openRunCheck(services, batch, { ...choice, channels });
  return await report(check, options);
}

async function report(check: BatchCheck, { out, json }: AuditOptions): Promise<number> {
  const found = await reportCheck(check);
  sayNotJudged();
  const path = out === undefined ? null : resolve(out);
  if (path !== null) {
    await writeCheck(check, path);
    say(`\nOutput: ${path}`);
  }
  if (json) printJson({ as_of: check.request.asOf, checks: found, out: path });
  return hasFailed(found) ? EXIT.someFailed : EXIT.ok;
}

/** @throws Problem `bad_request` */
function choiceOf({ of, asOf = today(), preset, rendition, apparel }: AuditOptions): CheckChoice {
  if (of !== 'source' && of !== 'output')
    throw new Problem('bad_request', { detail: `--of is "${of}", and must be source or output.` });
  if (of === 'source' && (preset !== undefined || rendition !== undefined))
    throw new Problem('bad_request', { detail: '--preset and --rendition belong to --of output.' });
  return { of, asOf: readDay(asOf), rendition, category: apparel ? 'apparel' : undefined };
}

async function requestOf({
  of,
  preset: name = 'web',
  rendition,
  ...flags
}: AuditOptions): Promise<RunRequest> {
  const isOfSource = of === 'source';
  const preset = isOfSource ? AUDIT : await findPreset(name);
  return {
    preset,
    // Rows may choose presets; of sources, nothing is made whatever they choose.
    presets: isOfSource ? BUILTIN_PRESETS.map(withoutRenditions) : [...BUILTIN_PRESETS, preset],
    reading: readFlags(flags),
    nameTemplate: undefined,
    freshForS: null,
    deadlineHours: undefined,
    tellsWebhook: false,
    checkRecipes: (recipes) => refuseUnknown(rendition, recipes),
  };
}

/** @param recipes those of the CSV: rows may choose presets @throws Problem `bad_request` */
function refuseUnknown(rendition: string | undefined, recipes: readonly Recipe[]): void {
  const names = [...new Set(recipes.flatMap(({ renditions }) => renditions.map(({ name }) => name)))];
  if (rendition === undefined || names.includes(rendition)) return;
  throw new Problem('bad_request', {
    detail: `--rendition is "${rendition}", and must be one of ${names.join(', ')}.`,
  });
}

const AUDIT: Preset = { name: 'audit', description: '', renditions: [] };

function withoutRenditions({ name, description }: Preset): Preset {
  return { name, description, renditions: [] };
}
