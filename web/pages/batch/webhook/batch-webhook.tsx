import { query, request } from '../../../api/request.ts';
import type { Batch, Delivery, DeliveryDetail, List } from '../../../api/types.ts';
import { may } from '../../../app/session.ts';
import { say } from '../../../app/say.ts';
import { reload, useResource } from '../../../data/resource.ts';
import { visible } from '../../../data/user-text.ts';
import { Attempts, Sent } from '../../../parts/attempts.tsx';
import { Action } from '../../../parts/button.tsx';
import { Empty } from '../../../parts/empty.tsx';
import { Lines, Loaded } from '../../../parts/waiting.tsx';

const LIVE_MS = 5_000;
const MOST_SHOWN = 10;

const EVENT_WORDS: Record<string, string> = {
  'batch.started': 'The batch has started',
  'batch.progress': 'How far the batch is',
  'batch.completed': 'The batch is completed',
  'batch.completed_with_errors': 'The batch has ended, with failures',
  'batch.failed': 'Every image of the batch failed',
  'batch.cancelled': 'The batch was cancelled',
};

/** The messages that tell of this batch, and how they arrived. */
export function BatchWebhook({ batch }: { batch: Batch }) {
  const path = `/v1/deliveries${query({ batch: batch.id, limit: MOST_SHOWN })}`;
  const known = useResource<List<Delivery>>(path, LIVE_MS);
  return (
    <Loaded known={known} waiting={<Lines />} onRetry={() => reload(path)}>
      {({ items }) =>
        items.length === 0 ? (
          <Nothing batch={batch} />
        ) : (
          <div class="stack gaptop2">
            {items.map((delivery) => (
              <OneDelivery key={delivery.id} delivery={delivery} />
            ))}
            <p>
              <a href={`/webhooks?batch=${batch.id}`}>All messages of this batch</a>
            </p>
          </div>
        )
      }
    </Loaded>
  );
}

function Nothing({ batch }: { batch: Batch }) {
  const isExpected = batch.webhook !== null && batch.ended_at === null;
  return (
    <div class="gaptop2">
      <Empty title={isExpected ? 'Nothing was sent yet' : 'Nobody is told of this batch'}>
        <p>
          {isExpected
            ? 'A signed message goes out when the batch ends.'
            : 'Add an endpoint, and it gets a signed message when a batch ends.'}
        </p>
        <p class="gaptop">
          <a class="btn" href="/webhooks">
            Webhooks
          </a>
        </p>
      </Empty>
    </div>
  );
}

function OneDelivery({ delivery }: { delivery: Delivery }) {
  const path = `/v1/deliveries/${delivery.id}`;
  const known = useResource<DeliveryDetail>(path, delivery.state === 'pending' ? LIVE_MS : undefined);
  async function sendNow(): Promise<void> {
    await request(`${path}/redeliver`, { method: 'POST' });
    await reload(path);
    say('Sent again, with the same id');
  }
  return (
    <Loaded known={known} waiting={<Lines />} onRetry={() => reload(path)}>
      {(detail) => (
        <div class="halves">
          <section class="card pad" aria-label={detail.event.type}>
            <h2>{EVENT_WORDS[detail.event.type] ?? detail.event.type}</h2>
            <p class="small muted gapb any">
              <code>{detail.event.type}</code> to {visible(detail.url)}
            </p>
            <Attempts delivery={detail} />
            {may('write') && (
              <div class="row gaptop">
                <Action icon="retry" busy="Sending …" act={sendNow}>
                  Send {detail.state === 'pending' ? 'now' : 'again'}
                </Action>
              </div>
            )}
          </section>
          <section class="card pad" aria-label="What is sent">
            <h2 class="gapb">What is sent</h2>
            <Sent delivery={detail} />
          </section>
        </div>
      )}
    </Loaded>
  );
}
