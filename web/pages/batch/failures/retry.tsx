import { query, request } from '../../../api/request.ts';
import type { Batch } from '../../../api/types.ts';
import { say } from '../../../app/say.ts';
import { count, number } from '../../../data/format.ts';
import { put, reload } from '../../../data/resource.ts';
import { Action } from '../../../parts/button.tsx';

type Props = {
  batch: Batch;
  codes: string[];
  host?: string;
  count: number;
  isPrimary?: boolean;
  of?: string;
};

/** Tries failed images again: now, or when the batch has ended. */
export function Retry({ batch, codes, host, count: images, isPrimary = false, of }: Props) {
  const path = `/v1/batches/${batch.id}`;
  async function retry(): Promise<void> {
    const whenEnded = batch.ended_at === null ? true : undefined;
    const filter = query({ code: codes.join(','), host, when_ended: whenEnded });
    const answer = await request<Batch>(`${path}/retry${filter}`, { method: 'POST' });
    put<Batch>(path, (known) => (known ? { ...known, ...answer } : answer));
    await reload(`${path}/failures`);
    say(
      whenEnded
        ? `${count(images, 'image')} will be tried again when the batch has ended`
        : `${count(images, 'image is', 'images are')} tried again`,
    );
  }
  return (
    <Action
      icon="retry"
      {...(isPrimary && { kind: 'primary' as const })}
      busy={`Trying ${number(images)} again …`}
      act={retry}
    >
      Try {number(images)} again
      {of !== undefined && <span class="sr">: {of}</span>}
    </Action>
  );
}
