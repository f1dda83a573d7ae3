import { destination, type Logger, pino } from 'pino';

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
