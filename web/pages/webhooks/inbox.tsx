import { ApiProblem } from '../../api/problem.ts';
import type { InboxMessage, InboxPage } from '../../api/types.ts';
import { queryOf, setQuery } from '../../app/router.ts';
import { number } from '../../data/format.ts';
import { reload, useResource } from '../../data/resource.ts';
import { visible, visibleLines } from '../../data/user-text.ts';
import { indented } from '../../parts/attempts.tsx';
import { Beside, goToDetail } from '../../parts/beside.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Pager, type Pages } from '../../parts/pager.tsx';
import { Moment } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';

const keyOf = ({ source, id }: InboxMessage): string => `${source}/${id}`;
function choose(message: InboxMessage): void {
  setQuery({ message: keyOf(message) });
  goToDetail();
}

const COLUMNS: Column<InboxMessage>[] = [
  { name: 'Source', cell: (message) => <Source message={message} /> },
  { name: 'Id', kind: 'mono any', isHiddenOnPhones: true, cell: ({ id }) => visible(id) },
  { name: 'Times', kind: 'r', cell: ({ times_received: times }) => number(times) },
  { name: 'When', kind: 'r muted', cell: ({ received_at: at }) => <Moment at={at} /> },
];

/** Messages of other systems: verified, and each kept once. */
export function Inbox({ page: { items, next_cursor: next }, pages }: { page: InboxPage; pages: Pages }) {
  const shown = items.find((message) => keyOf(message) === queryOf('message')) ?? items[0];
  if (!shown)
    return (
      <Empty title="The inbox is empty">
        <p>
          Other systems send signed messages to <code>/v1/webhooks/inbox/NAME</code>; what is verified stands
          here. The setting <code>INBOX_SECRETS</code> names them.
        </p>
      </Empty>
    );
  return (
    <Beside
      list={
        <>
          <DataTable
            label="Received messages"
            columns={COLUMNS}
            rows={items}
            keyOf={keyOf}
            onOpen={choose}
            chosen={keyOf(shown)}
          />
          <Pager pages={pages} next={next} />
        </>
      }
    >
      <Message key={keyOf(shown)} message={shown} />
    </Beside>
  );
}

function Source({ message }: { message: InboxMessage }) {
  return (
    <button
      type="button"
      class="link name any"
      aria-current={keyOf(message) === queryOf('message') ? 'true' : undefined}
      onClick={() => choose(message)}
    >
      {visible(message.source)}
    </button>
  );
}

/** @param message of the list, which has no body */
function Message({
  message: { source, id, headers, times_received: times, received_at: at },
}: {
  message: InboxMessage;
}) {
  const path = `/v1/webhooks/inbox/${encodeURIComponent(source)}/${encodeURIComponent(id)}`;
  const { data, error } = useResource<InboxMessage>(path);
  const isTooLong = error instanceof ApiProblem && error.status === 404;
  return (
    <section class="card pad" aria-label="One message">
      <h2 class="any">{visible(source)}</h2>
      <p class="small muted gapb any">
        <code>{visible(id)}</code>
      </p>
      <p class="small gapb">
        <span class="badge ok">Verified</span> received <Moment at={at} />
        {times > 1 && `, and ${number(times - 1)} times more, which changed nothing`}
      </p>
      <h3 class="gaptop2 gapb">Headers</h3>
      <pre class="body">
        {Object.entries(headers)
          .map(([name, value]) => `${name}: ${visible(value)}`)
          .join('\n')}
      </pre>
      <h3 class="gaptop2 gapb">Body</h3>
      <Loaded
        known={{ data, error }}
        waiting={<Lines />}
        onRetry={() => reload(path)}
        gone={isTooLong && 'Its id is too long for an address: the list of the API has its body.'}
      >
        {({ body }) => <pre class="body">{visibleLines(indented(body))}</pre>}
      </Loaded>
    </section>
  );
}
