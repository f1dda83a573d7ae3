import { problemOf } from '../../api/problem.ts';
import { checkFile } from '../../app/file-drop.ts';
import { session } from '../../app/session.ts';
import { Action } from '../../parts/button.tsx';

/** Where the server lends a catalogue: it is checked as if it had been dropped here. */
export function TryExample({ isBig = false }: { isBig?: boolean }) {
  if (!session.value?.has_example) return null;
  return (
    <Action isBig={isBig} busy="Loading …" act={tryExample}>
      Try the example
    </Action>
  );
}

async function tryExample(): Promise<void> {
  const response = await fetch('/v1/example.csv');
  if (!response.ok) throw await problemOf(response);
  checkFile(new File([await response.blob()], 'example.csv', { type: 'text/csv' }));
}
