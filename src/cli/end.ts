/** Ends a command with its exit code. */
export async function end(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}
