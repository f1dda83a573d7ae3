import { destination, type Logger, pino } from 'pino';

/** Log lines are JSON on standard error, one an event. */
export function createLog(level: string): Logger {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    destination(2),
  );
}
