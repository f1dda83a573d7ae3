import { query } from '../../api/request.ts';
import type { DeliveryPage, InboxPage } from '../../api/types.ts';
import { navigate, queryOf } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { countedUpTo } from '../../data/format.ts';
import { reload, useKept, useResource } from '../../data/resource.ts';
import { type Choice, Chips } from '../../parts/chips.tsx';
import { usePages } from '../../parts/pager.tsx';
import { UserText } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { Deliveries } from './deliveries.tsx';
import { Inbox } from './inbox.tsx';
import { deliveriesPath, inboxPath, MOST_COUNTED } from './paths.ts';
import { ReplayAll } from './replay-all.tsx';

const LIVE_MS = 4_000;

/** What was sent and what came in, with the filters of both. */
export function Messages({ isInbox }: { isInbox: boolean }) {
  const state = isInbox ? undefined : queryOf('show');
  const batch = isInbox ? undefined : queryOf('batch');
  const view = isInbox ? 'inbox' : (state ?? 'all');
  const pages = usePages(`${view} ${batch}`);
  const sentPath = deliveriesPath({ state, batch, cursor: isInbox ? undefined : pages.cursor });
  const receivedPath = inboxPath(isInbox ? pages.cursor : undefined);
  const sent = useKept(useResource<DeliveryPage>(sentPath, isInbox ? undefined : LIVE_MS));
  const received = useKept(useResource<InboxPage>(receivedPath, isInbox ? LIVE_MS : undefined));
  const changed = (): Promise<void> => reload(sentPath);
  return (
    <Loaded known={sent} waiting={<Lines count={5} />} onRetry={changed}>
      {(deliveries) => (
        <Loaded known={received} waiting={<Lines count={5} />} onRetry={() => reload(receivedPath)}>
          {(inbox) => (
            <>
              {batch !== undefined && <OfBatch id={batch} sent={deliveries} />}
              <div class="toolbar">
                <Chips
                  label="Messages"
                  choices={choicesOf(deliveries, inbox)}
                  chosen={view}
                  onChoose={(id) => navigate(addressOf(id, batch), { replace: true, keepScroll: true })}
                />
                <span class="grow" />
                {may('write') && !isInbox && batch === undefined && (
                  <ReplayAll counts={deliveries.counts_by_state} onChanged={changed} />
                )}
              </div>
              {isInbox ? (
                <Inbox page={inbox} pages={pages} />
              ) : (
                <Deliveries
                  page={deliveries}
                  pages={pages}
                  state={state}
                  isOfBatch={batch !== undefined}
                  onChanged={changed}
                />
              )}
            </>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

function choicesOf(sent: DeliveryPage, received: InboxPage): Choice[] {
  const counts = sent.counts_by_state;
  const upTo = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : countedUpTo(value, MOST_COUNTED);
  return [
    {
      id: 'all',
      name: 'Deliveries',
      count: upTo(counts && counts.pending + counts.delivered + counts.exhausted),
    },
    { id: 'pending', name: 'Open', count: counts?.pending },
    { id: 'exhausted', name: 'Given up', count: counts?.exhausted },
    { id: 'inbox', name: 'Inbox', count: upTo(received.count) },
  ];
}

function addressOf(view: string, batch: string | undefined): string {
  if (view === 'inbox') return '/webhooks/inbox';
  return `/webhooks${query({ show: view === 'all' ? undefined : view, batch })}`;
}

/** Says that only the messages of one batch are listed. */
function OfBatch({ id, sent }: { id: string; sent: DeliveryPage }) {
  const name = sent.items[0]?.event.batch_name ?? id;
  return (
    <p class="gapb">
      Only messages of{' '}
      <a href={`/batches/${id}/webhook`}>
        <UserText text={name} />
      </a>
      .{' '}
      <a href="/webhooks" data-keep-scroll="">
        All messages
      </a>
    </p>
  );
}
