import { request } from '../../../api/request.ts';
import { say } from '../../../app/say.ts';
import { reload } from '../../../data/resource.ts';
import { Action } from '../../../parts/button.tsx';
import { MARKS } from './mark-question.tsx';

type Props = { sha256: string; onChange: () => Promise<void>; of?: string };

/** Takes a mark away. */
export function Unmark({ sha256, onChange, of }: Props) {
  async function unmark(): Promise<void> {
    await request(`/v1/pictures/${sha256}`, { method: 'DELETE' });
    await Promise.all([onChange(), reload(MARKS)]);
    say('The mark is gone');
  }
  return (
    <Action kind="plain" busy="Removing …" act={unmark}>
      Remove the mark
      {of && <span class="sr">: {of}</span>}
    </Action>
  );
}
