import { checkFile } from '../../app/file-drop.ts';
import { say } from '../../app/say.ts';

/** Checks the example of the server, as if it had been dropped here. */
export async function tryExample(): Promise<void> {
  const response = await fetch('/v1/example.csv').catch(() => undefined);
  if (response?.ok) checkFile(new File([await response.blob()], 'example.csv', { type: 'text/csv' }));
  else say('The example cannot be loaded now');
}
