import { useState } from 'preact/hooks';
import { query } from '../../api/request.ts';
import type { Delivery, Endpoint, List } from '../../api/types.ts';
import { queryOf, setQuery } from '../../app/router.ts';
import { count } from '../../data/format.ts';
import { reload, useKept, useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { Empty } from '../../parts/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Moment } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { DeliveryDetailPane } from './delivery-detail.tsx';

const LIVE_MS = 4_000;
const PAGE = 30;

type Props = { state: string | undefined; endpoints: Endpoint[] };

/** What was sent, newest first, with the detail of one beside it. */
export function Deliveries({ state, endpoints }: Props) {
  const [limit, setLimit] = useState(PAGE);
  const path = `/v1/deliveries${query({ state, limit })}`;
  const known = useKept(useResource<List<Delivery>>(path, LIVE_MS));
  const chosen = queryOf('delivery') ?? known.data?.items[0]?.id;
  return (
    <Loaded known={known} waiting={<Lines count={5} />} onRetry={() => reload(path)}>
      {({ items, next_cursor }) =>
        items.length === 0 ? (
          <NoDeliveries state={state} />
        ) : (
          <div class="two">
            <div>
              <div class="card">
                <div class="scrollx" tabIndex={0} role="region" aria-label="Deliveries">
                  <Table items={items} chosen={chosen} endpoints={endpoints} />
                </div>
              </div>
              {next_cursor !== null && (
                <p class="gaptop">
                  <button type="button" class="btn" onClick={() => setLimit(limit + PAGE)}>
                    Older
                  </button>
                </p>
              )}
            </div>
            {chosen !== undefined && (
              <DeliveryDetailPane key={chosen} id={chosen} onChanged={() => reload(path)} />
            )}
          </div>
        )
      }
    </Loaded>
  );
}

function NoDeliveries({ state }: { state: string | undefined }) {
  if (state === undefined)
    return (
      <Empty title="Nothing was sent yet">
        <p>A message goes out when a batch ends, to each endpoint.</p>
      </Empty>
    );
  return (
    <Empty title={state === 'pending' ? 'Nothing is open' : 'Nothing was given up'} isGood>
      <p>Every message has arrived.</p>
    </Empty>
  );
}

function Table({
  items,
  chosen,
  endpoints,
}: {
  items: Delivery[];
  chosen: string | undefined;
  endpoints: Endpoint[];
}) {
  const urls = new Map(endpoints.map(({ id, url }) => [id, url]));
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Result</th>
          <th scope="col" class="hide-s">
            Tries
          </th>
          <th scope="col" class="r">
            When
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((delivery) => (
          <tr
            key={delivery.id}
            class={`go ${delivery.id === chosen ? 'chosen' : ''}`}
            onClick={() => setQuery({ delivery: delivery.id })}
          >
            <td>
              <button
                type="button"
                class="link name any"
                aria-current={delivery.id === chosen ? 'true' : undefined}
                onClick={() => setQuery({ delivery: delivery.id })}
              >
                {delivery.event.type}
              </button>
              <div class="tiny faint any">{visible(urls.get(delivery.endpoint_id) ?? '')}</div>
            </td>
            <td>
              <Result delivery={delivery} />
            </td>
            <td class="hide-s muted num">
              {delivery.attempt_count}
              {delivery.state === 'exhausted' && ', given up'}
              {delivery.state === 'pending' && delivery.next_attempt_at !== null && (
                <>
                  , next <Moment at={delivery.next_attempt_at} />
                </>
              )}
            </td>
            <td class="r muted">
              <Moment at={delivery.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Result({
  delivery: { state, last_status: status, attempt_count: attempts },
}: {
  delivery: Delivery;
}) {
  const isGood = state === 'delivered';
  if (attempts === 0) return <span class="badge">Not sent yet</span>;
  return (
    <span class={`badge ${isGood ? 'ok' : 'bad'}`}>
      <Icon name={isGood ? 'ok' : 'bad'} />
      {status ?? 'No answer'}
      <span class="sr">, {isGood ? 'delivered' : `failed after ${count(attempts, 'try', 'tries')}`}</span>
    </span>
  );
}
