import type { Batch, Image } from '../../api/types.ts';
import { useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { may } from '../../app/session.ts';
import { Icon } from '../../parts/icon.tsx';
import { Address } from '../../parts/text.tsx';
import { Retry } from '../batch/failures/retry.tsx';

/** Why an image failed, and what to do. */
export function FailedImageNote({ image }: { image: Image }) {
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
        {may('write') && code !== null && <RetrySame image={image} code={code} />}
      </div>
    </div>
  );
}

/** The API tries again by code and host, not one image alone: the button says how many there are. */
function RetrySame({ image, code }: { image: Image; code: string }) {
  const { data: batch } = useResource<Batch>(`/v1/batches/${image.batch_id}`);
  const host = URL.parse(image.source_url)?.host;
  const count = batch?.errors_by_code[code];
  if (batch && (count === undefined || count === 0)) return null;
  if (!batch || count === undefined) return <div class="reserved" />; // its place is kept
  return (
    <div class="row gaptop">
      <Retry batch={batch} codes={[code]} count={count} of={`all images of this batch with ${code}`} />
      <span class="small muted">
        All of this batch that failed this way{host ? `, also from other hosts than ${host}` : ''}.
      </span>
    </div>
  );
}
