import { useState } from 'preact/hooks';
import { query } from '../../api/request.ts';
import type { InboxMessage, List } from '../../api/types.ts';
import { number } from '../../data/format.ts';
import { reload, useResource } from '../../data/resource.ts';
import { visible, visibleLines } from '../../data/user-text.ts';
import { Empty } from '../../parts/empty.tsx';
import { Moment } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';

const PATH = `/v1/webhooks/inbox${query({ limit: 50 })}`;
const LIVE_MS = 5_000;

const keyOf = ({ source, id }: InboxMessage): string => `${source} ${id}`;

/** Messages of other systems: verified, and each kept once. */
export function Inbox() {
  const known = useResource<List<InboxMessage>>(PATH, LIVE_MS);
  const [chosen, choose] = useState<string>();
  return (
    <Loaded known={known} waiting={<Lines count={5} />} onRetry={() => reload(PATH)}>
      {({ items: [first, ...rest] }) => {
        if (!first)
          return (
            <Empty title="The inbox is empty">
              <p>
                Other systems send signed messages to <code>/v1/webhooks/inbox/NAME</code>; what is verified
                stands here.
              </p>
            </Empty>
          );
        const items = [first, ...rest];
        const shown = items.find((message) => keyOf(message) === chosen) ?? first;
        return (
          <div class="two">
            <div class="card">
              <div class="scrollx" tabIndex={0} role="region" aria-label="Received messages">
                <Table items={items} chosen={keyOf(shown)} onChoose={choose} />
              </div>
            </div>
            <Message message={shown} />
          </div>
        );
      }}
    </Loaded>
  );
}

type TableProps = { items: InboxMessage[]; chosen: string; onChoose: (key: string) => void };

function Table({ items, chosen, onChoose }: TableProps) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Source</th>
          <th scope="col" class="hide-s">
            Id
          </th>
          <th scope="col" class="r">
            Times
          </th>
          <th scope="col" class="r">
            When
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((message) => {
          const key = keyOf(message);
          return (
            <tr key={key} class={`go ${key === chosen ? 'chosen' : ''}`} onClick={() => onChoose(key)}>
              <td>
                <button
                  type="button"
                  class="link name"
                  aria-current={key === chosen ? 'true' : undefined}
                  onClick={() => onChoose(key)}
                >
                  {visible(message.source)}
                </button>
              </td>
              <td class="hide-s mono any">{visible(message.id)}</td>
              <td class="r">{number(message.times_received)}</td>
              <td class="r muted">
                <Moment at={message.received_at} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Message({ message: { source, id, headers, body } }: { message: InboxMessage }) {
  return (
    <section class="card pad" aria-label="One message">
      <h2>{visible(source)}</h2>
      <p class="small muted gapb any">
        <code>{visible(id)}</code>
      </p>
      <pre class="body">
        {Object.entries(headers)
          .map(([name, value]) => `${name}: ${visible(value)}`)
          .join('\n')}
      </pre>
      <pre class="body gaptop">{visibleLines(body)}</pre>
    </section>
  );
}
