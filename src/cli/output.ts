import { type Flaw, type PointedFlaw, Problem } from '../errors.ts';

/** What a command ends with; docs/api.md is the contract. */
export const EXIT = { ok: 0, trouble: 1, invalidInput: 2, someFailed: 3, interrupted: 130 } as const;

/** Sentences go here; standard output is kept for results where a program reads it. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/**
 * Runs a command whose `--json` promises one object: where it fails there is one too, with the code and
 * the sentence, and of a CSV every error.
 * @param nothing what the object holds without a result
 */
export async function answering(
  isJson: boolean,
  nothing: object,
  command: () => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  try {
    return await command();
  } catch (error) {
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    if (isJson) printJson({ ...nothing, seconds, ...failureOf(error) });
    throw error;
  }
}

function failureOf(error: unknown): object {
  if (!(error instanceof Problem)) return { code: 'internal_error', detail: messageOf(error) };
  const { code, message: detail, flawCount: error_count, flaws: errors } = error;
  return { code, detail, error_count, errors };
}

/** A problem as a person reads it: the sentence, and each error with its place in the file. */
export function describe(error: unknown): string {
  if (!(error instanceof Problem)) return `Something went wrong inside Minilab: ${messageOf(error)}`;
  if (error.flaws.length === 0 || (error.flaws.length === 1 && error.flaws[0]?.detail === error.message))
    return `${error.title}: ${error.message}`;
  return `${error.title}: ${error.message}\n${flawLines(error.flaws, error.flawCount)}`;
}

/** Each flaw with its place, on a line of its own. @param count how many there are in all */
export function flawLines(flaws: readonly (Flaw | PointedFlaw)[], count: number): string {
  const lines = flaws.map((flaw) => `  ${placeOf(flaw)}: ${flaw.detail}`);
  const more = count - flaws.length;
  return [...lines, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
}

function placeOf(flaw: Flaw | PointedFlaw): string {
  if ('at' in flaw) return flaw.at || 'the whole';
  return `line ${flaw.line}${flaw.column ? `, column ${flaw.column}` : ''}`;
}

/** Bugs keep their stack, for the report; LOG_LEVEL=debug shows it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return process.env['LOG_LEVEL'] === 'debug' ? (error.stack ?? error.message) : error.message;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** In decimal units, as disks and networks are sold: 1,234,567 is "1.2 MB". */
export function size(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** Columns as wide as their content, two spaces between; lines are cut at the width of the terminal, if it is one. */
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
