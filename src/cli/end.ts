import { CommanderError } from 'commander';
import { Problem } from '../errors.ts';
import { EXIT, Stopped } from './output.ts';

/** Ends a command with its exit code. */
export async function end(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}

/** The exit code of a command that threw. A command line that cannot be read is invalid input, as a CSV is. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.invalidInput;
  if (error instanceof Stopped) return EXIT.interrupted;
  return error instanceof Problem && error.code === 'csv_invalid' ? EXIT.invalidInput : EXIT.trouble;
}
