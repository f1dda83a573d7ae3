/** Loggers for tests: one that says nothing, and one whose lines can be read. */
import { type Logger, pino } from 'pino';

export const silent = pino({ level: 'silent' });

export type LogLine = {
  level: string;
  msg: string;
  err?: { message: string; stack: string };
} & Record<string, unknown>;

export function capturedLog(): { log: Logger; lines: () => LogLine[] } {
  const written: string[] = [];
  const options = { level: 'debug', base: null, formatters: { level: (level: string) => ({ level }) } };
  const log = pino(options, { write: (line: string) => void written.push(line) });
  return { log, lines: () => written.map((line) => JSON.parse(line) as LogLine) };
}
