import type { Command } from 'commander';
import { end } from '../end.ts';
import { withJsonErrors } from '../output.ts';

/** What all processes share. */
export function addSettingsCommands(program: Command): void {
  const settings = program
    .command('settings')
    .description('show the settings that all processes of the database share')
    .option('--json', 'print one JSON object', false)
    .action(async (options: { json: boolean }) =>
      end(
        withJsonErrors(options.json, {}, async () => (await import('../settings.ts')).showSettings(options)),
      ),
    );
  settings
    .command('set')
    .argument('<NAME>')
    .argument('[VALUE]', 'default: what the environment has; of secrets, always')
    .description('set a shared setting: running processes see it within 5 seconds')
    .action(async (name: string, value: string | undefined) =>
      end((await import('../settings.ts')).setSetting(name, value)),
    );
  settings
    .command('unset')
    .argument('<NAME>')
    .description('share a setting no longer')
    .action(async (name: string) => end((await import('../settings.ts')).unsetSetting(name)));
}
