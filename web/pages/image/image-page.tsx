import { useState } from 'preact/hooks';
import type { Image } from '../../api/types.ts';
import { navigate } from '../../app/router.ts';
import { useKeys } from '../../app/shortcuts.ts';
import { number } from '../../data/format.ts';
import { reload, useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { Icon } from '../../parts/icon.tsx';
import { useTitle } from '../../parts/page-head.tsx';
import { UserText } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { Compare } from './compare.tsx';
import { Facts } from './facts.tsx';
import { FailedImageNote } from './failed-image.tsx';
import { Siblings } from './siblings.tsx';

const LIVE_MS = 2_000;

/** One image: before and after, what it was, how it went. */
export function ImagePage({ batch, image }: { batch: string; image: string }) {
  const path = `/v1/images/${encodeURIComponent(image)}`;
  useKeys({ Escape: () => (history.length > 1 ? history.back() : navigate(`/batches/${batch}`)) });
  const before = useResource<Image>(path);
  const isOpen = before.data !== undefined && before.data.ended_at === null;
  const [isPlanned, plan] = useState(false);
  const known = useResource<Image>(path, isOpen || isPlanned ? LIVE_MS : undefined);
  return (
    <Loaded
      known={known}
      heading="Image"
      waiting={<Lines count={8} />}
      onRetry={() => reload(path)}
      gone={
        <>
          <b>This image is not there.</b> Its batch was deleted, or belongs to another key.{' '}
          <a href={`/batches/${batch}`}>The batch</a>
        </>
      }
    >
      {(data) => <Shown image={data} onPlanned={() => plan(true)} />}
    </Loaded>
  );
}

function Shown({ image, onPlanned }: { image: Image; onPlanned: () => void }) {
  const { batch_id, batch_name, slot, row, position, product, state, previous_id, next_id } = image;
  const to = (id: string): string => `/batches/${batch_id}/images/${id}`;
  const back = `/batches/${batch_id}?slot=${slot}`;
  useTitle(`${visible(product.name)}, image ${position}`);
  useKeys({
    j: () => next_id && navigate(to(next_id), { replace: true }),
    k: () => previous_id && navigate(to(previous_id), { replace: true }),
  });
  return (
    <>
      <nav class="crumb" aria-label="Where you are">
        <a href="/batches">Batches</a>
        <Icon name="next" />
        <a class="cut" href={back}>
          <UserText text={batch_name} />
        </a>
        <Icon name="next" />
        <span>row {number(row)}</span>
      </nav>
      <div class="head nowrap">
        <div class="grow">
          <h1 class="any">
            <UserText text={product.name} />
          </h1>
          <div class="sub small">
            {product.sku !== null && (
              <>
                <span class="mono">{visible(product.sku)}</span> ·{' '}
              </>
            )}
            row {number(row)} · image {position} of {cellsOf(image)}
          </div>
        </div>
        <div class="row">
          <Step to={previous_id && to(previous_id)} label="Previous image" icon="back" />
          <Step to={next_id && to(next_id)} label="Next image" icon="next" />
        </div>
      </div>
      <div class="imgpage">
        <div>
          {state === 'failed' ? (
            <FailedImageNote image={image} onPlanned={onPlanned} />
          ) : (
            <Picture image={image} />
          )}
          <Siblings image={image} />
        </div>
        <Facts image={image} />
      </div>
    </>
  );
}

/** Cells of the product in the file: an empty one has a position, and no image. */
function cellsOf({ position, product, siblings }: Image): number {
  return Math.max(product.images, position, ...siblings.map((sibling) => sibling.position));
}

function Step({ to, label, icon }: { to: string | null; label: string; icon: 'back' | 'next' }) {
  if (to === null)
    return (
      <span class="btn icon" aria-disabled="true">
        <Icon name={icon} />
      </span>
    );
  return (
    <a class="btn icon" aria-label={label} title={label} href={to} data-replace="">
      <Icon name={icon} />
    </a>
  );
}

function Picture({ image }: { image: Image }) {
  if (image.state === 'completed' && image.renditions.length > 0)
    return <Compare key={image.id} image={image} />;
  const words = {
    pending: 'It waits for its turn.',
    processing: 'It is being made.',
    cancelled: 'It was cancelled.',
  };
  return (
    <div class="compare nothing">
      <p>{words[image.state as keyof typeof words] ?? 'There is no file of it.'}</p>
    </div>
  );
}
