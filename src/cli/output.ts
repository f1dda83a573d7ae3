import { type Flaw, type PointedFlaw, Problem } from '../errors.ts';

/** The exit codes: a contract with scripts. */
export const EXIT = { ok: 0, trouble: 1, invalidInput: 2, someFailed: 3, interrupted: 130 } as const;

/** Prints a sentence to standard error: standard output is for results that programs read. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/**
 * Runs a command whose `--json` promises one object. If the command fails, it prints that object too, with the
 * code, the sentence, and each error of a CSV.
 * @param noResult the fields of the object when there is no result
 */
export async function withJsonErrors(
  isJson: boolean,
  noResult: object,
  command: () => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  try {
    return await command();
  } catch (error) {
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    if (isJson) printJson({ ...noResult, seconds, ...failureOf(error) });
    throw error;
  }
}

/** Ctrl-C ended a command before it had a result. The message tells what that leaves. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

function failureOf(error: unknown): object {
  if (error instanceof Stopped) return { code: 'interrupted', detail: error.message };
  if (!(error instanceof Problem)) return { code: 'internal_error', detail: messageOf(error) };
  const { code, message: detail, flawCount: error_count, flaws: errors } = error;
  return { code, detail, error_count, errors };
}

/** An error for people: the sentence, and each flaw with its location in the file. */
export function describe(error: unknown): string {
  if (error instanceof Stopped) return error.message;
  if (!(error instanceof Problem)) return `Internal error in Minilab: ${messageOf(error)}`;
  if (error.flaws.every((flaw) => isToldBy(error.message, flaw))) return `${error.title}: ${error.message}`;
  return `${error.title}: ${error.message}\n${flawLines(error.flaws, error.flawCount)}`;
}

/** Whether a sentence has both the flaw and its place in a document. */
function isToldBy(sentence: string, flaw: Flaw | PointedFlaw): boolean {
  return sentence.includes(flaw.detail) && (!('at' in flaw) || sentence.includes(flaw.at));
}

/** One line per flaw, with its location. @param count of all flaws, those that are not listed too */
export function flawLines(flaws: readonly (Flaw | PointedFlaw)[], count: number): string {
  const lines = flaws.map((flaw) => `  ${locationOf(flaw)}: ${flaw.detail}`);
  const more = count - flaws.length;
  return [...lines, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
}

function locationOf(flaw: Flaw | PointedFlaw): string {
  if ('at' in flaw) return flaw.at || 'the whole document';
  return `line ${flaw.line}${flaw.column ? `, column ${flaw.column}` : ''}`;
}

/** LOG_LEVEL=debug shows the stack of a bug, for a report. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return process.env['LOG_LEVEL'] === 'debug' ? (error.stack ?? error.message) : error.message;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

const SIZE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A size in decimal units, as disks and networks are sold: 1,234,567 is "1.2 MB". */
export function size(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(SIZE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${SIZE_UNITS[power]}`;
}

/** Aligns columns, two spaces apart. On a terminal, lines are cut at its width. */
export function table(rows: string[][], stream: { columns?: number } = process.stderr): string {
  const width = stream.columns || Number.POSITIVE_INFINITY;
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map((row) => {
      const line = row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ');
      return line.length > width ? `${line.slice(0, width - 1)}…` : line;
    })
    .join('\n');
}
