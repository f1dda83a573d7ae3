import { useState } from 'preact/hooks';
import { query } from '../../../api/request.ts';
import type { Batch, FailureGroup } from '../../../api/types.ts';
import { may } from '../../../app/session.ts';
import { count, number } from '../../../data/format.ts';
import { visible } from '../../../data/user-text.ts';
import { Icon } from '../../../parts/icon.tsx';
import { AllOfGroup } from './all-of-group.tsx';
import { Line } from './line.tsx';
import { Retry } from './retry.tsx';

/** Failed images with one reason: how many, why, what to do, where. */
export function Group({ batch, group, isOpen }: { batch: Batch; group: FailureGroup; isOpen: boolean }) {
  const { code, title, sentence, advice, try_again, count: images, hosts, host_count } = group;
  const id = `group-${code}`;
  return (
    <section class="card group" aria-labelledby={id}>
      <div class="g">
        <div class={`count num ${try_again ? '' : 'bad'}`}>{number(images)}</div>
        <div>
          <h3 id={id}>{title}</h3>
          <p class="muted">
            {sentence} <code class="faint">{code}</code>
          </p>
          <p class="todo">
            <b>What to do.</b> {advice}
          </p>
          <div class="hosts">
            {hosts.map(({ host, count: ofHost }) => (
              <a key={host} href={`/hosts${query({ q: host })}`}>
                <b>{number(ofHost)}</b> {visible(host)}
              </a>
            ))}
            {host_count > hosts.length && (
              <a href={`/hosts${query({ batch: batch.id })}`}>
                and {count(host_count - hosts.length, 'other host')}
              </a>
            )}
          </div>
        </div>
        <div class="acts">
          {may('write') && (
            <Retry batch={batch} codes={[code]} count={images} isPrimary={try_again} of={title} />
          )}
          <a
            class="btn icon"
            href={`/v1/batches/${batch.id}/failed.csv${query({ code })}`}
            download
            aria-label={`Download the rows: ${title}`}
            title="Download these rows"
          >
            <Icon name="down" />
          </a>
        </div>
      </div>
      <Images batch={batch} group={group} isOpen={isOpen} />
    </section>
  );
}

function Images({ batch, group, isOpen }: { batch: Batch; group: FailureGroup; isOpen: boolean }) {
  const { code, count: total, images } = group;
  const [shown, show] = useState<'none' | 'first' | 'all'>(isOpen ? 'first' : 'none');
  return (
    <div class="list">
      {shown === 'first' && images.map((image) => <Line key={image.id} batchId={batch.id} image={image} />)}
      {shown === 'all' && <AllOfGroup batchId={batch.id} code={code} count={total} />}
      <div class="all">
        {shown === 'none' && (
          <button type="button" class="link" onClick={() => show('first')}>
            Show the images
          </button>
        )}
        {shown === 'first' && total > images.length && (
          <>
            <button type="button" class="link" onClick={() => show('all')}>
              All {number(total)}
            </button>{' '}
            ·{' '}
          </>
        )}
        {shown !== 'none' && <a href={`/batches/${batch.id}?show=failed`}>Show failures on the sheet</a>}
      </div>
    </div>
  );
}
