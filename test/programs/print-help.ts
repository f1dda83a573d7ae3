/** Prints the help of every command as JSON, by its name: one process, where `--help` would take one for each. */
import { Command } from 'commander';

Command.prototype.parseAsync = async function printHelp(this: Command) {
  process.stdout.write(JSON.stringify(Object.fromEntries(pagesOf(this, ''))));
  return this;
};

await import('../../src/main.ts');

function pagesOf(command: Command, name: string): [string, string][] {
  const below = command.commands.flatMap((one) => pagesOf(one, `${name} ${one.name()}`));
  return [[name.trim(), command.helpInformation()], ...below];
}
