import { destination, type Logger, pino } from 'pino';

/** The log of a command that processes a CSV: its user reads sentences, and wants lines only when asked for. */
export function createRunLog(level: string): Logger {
  return createLog(process.env['LOG_LEVEL'] ? level : 'error');
}

/** Logs one JSON object per line to standard error. @param machine stands in each line */
export function createLog(level: string, machine?: string): Logger {
  return pino(
    {
      level,
      base: machine === undefined ? null : { machine },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    destination(2),
  );
}
