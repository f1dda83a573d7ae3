import { useState } from 'preact/hooks';
import { request } from '../../../api/request.ts';
import type { MarkedPicture } from '../../../api/types.ts';
import { say } from '../../../app/say.ts';
import { reload } from '../../../data/resource.ts';
import { Dialog, DialogEnd } from '../../../parts/dialog.tsx';

export type MarkKind = MarkedPicture['kind'];
export const MARKS = '/v1/pictures?limit=1000';

type Props = { sha256: string; kind: MarkKind; onClose: () => void; onChange: () => Promise<void> };

/** What a mark does, before it is made. */
export function MarkQuestion({ sha256, kind, onClose, onChange }: Props) {
  const [note, setNote] = useState('');
  const isPlaceholder = kind === 'placeholder';
  async function mark(): Promise<void> {
    await request(`/v1/pictures/${sha256}`, { method: 'PUT', json: { kind, note } });
    await Promise.all([onChange(), reload(MARKS)]);
    say(isPlaceholder ? 'Marked as a placeholder' : 'Allowed');
    onClose();
  }
  return (
    <Dialog
      title={isPlaceholder ? 'Mark this picture as a placeholder?' : 'Allow this picture?'}
      onClose={onClose}
    >
      <form class="gaptop" onSubmit={(event) => event.preventDefault()}>
        <p class="gapb">
          {isPlaceholder ? (
            <>
              From now on, in all batches, an image that is this picture or looks like it fails with{' '}
              <code>placeholder_image</code>, so that no shop shows it. An upload with{' '}
              <code>placeholders=warn</code> makes it all the same. What this batch has made stays.
            </>
          ) : (
            'It is a picture of a product: it is not taken for a placeholder again, in this batch and in all others.'
          )}
        </p>
        <label class="field">
          <span>Note</span>
          <input
            type="text"
            maxLength={500}
            dir="auto"
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
          <small>For people, such as the supplier that sends it.</small>
        </label>
        <DialogEnd onClose={onClose} busy="Marking …" act={mark}>
          {isPlaceholder ? 'Mark as placeholder' : 'Allow'}
        </DialogEnd>
      </form>
    </Dialog>
  );
}
