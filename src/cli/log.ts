import { destination, type Logger, pino } from 'pino';

/** Logs one JSON object per line to standard error. */
export function createLog(level: string): Logger {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    destination(2),
  );
}
