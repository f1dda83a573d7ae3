import { query, request } from '../../api/request.ts';
import type { Batch, Image } from '../../api/types.ts';
import { say } from '../../app/say.ts';
import { may } from '../../app/session.ts';
import { reload } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { Action } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Address } from '../../parts/text.tsx';

type Props = {
  image: Image;
  /** Is called when the batch still runs: the try begins when it has ended. */
  onPlanned: () => void;
};

/** The file was wrong: only a corrected one helps. */
const isOfFile = ({ error_code: code, attempts }: Image): boolean =>
  attempts === 0 && (code === 'invalid_url' || code === 'row_rejected');

/** Why an image failed, and what to do. */
export function FailedImageNote({ image, onPlanned }: Props) {
  const { problem, error_code: code, error_detail: detail, source_url: url } = image;
  return (
    <div class="note bad">
      <Icon name="bad" />
      <div class="grow">
        <h2>{problem?.title ?? 'It failed'}</h2>
        <p>
          {visible(detail ?? problem?.sentence ?? '')} <code class="faint">{code}</code>
        </p>
        {problem && (
          <p class="gaptop">
            <b>What to do.</b> {problem.advice}
          </p>
        )}
        <p class="gaptop">
          <Address url={url} />
        </p>
        {may('write') && !isOfFile(image) && <RetryOne image={image} onPlanned={onPlanned} />}
      </div>
    </div>
  );
}

/** With its URL the same: images of the batch that repeat it end with it. */
function RetryOne({ image, onPlanned }: Props) {
  async function retry(): Promise<void> {
    const filter = query({ image: image.id, when_ended: true });
    const path = `/v1/batches/${image.batch_id}/retry${filter}`;
    const { retry_planned: isPlanned } = await request<Batch>(path, { method: 'POST' });
    if (isPlanned) onPlanned();
    await reload(`/v1/images/${image.id}`);
    say(isPlanned ? 'It is tried again when the batch has ended' : 'It is tried again');
  }
  return (
    <div class="row gaptop">
      <Action icon="retry" kind="primary" busy="Trying again …" act={retry}>
        Try again
      </Action>
      <a class="link small" href={`/batches/${image.batch_id}/failures`}>
        All failures of this batch
      </a>
    </div>
  );
}
