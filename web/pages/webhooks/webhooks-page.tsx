import { useState } from 'preact/hooks';
import type { Endpoint, List } from '../../api/types.ts';
import { query } from '../../api/request.ts';
import { navigate, queryOf, setQuery } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { reload, useResource } from '../../data/resource.ts';
import { Chips } from '../../parts/chips.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { SecretShown } from '../../parts/secret.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { Deliveries } from './deliveries.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import { Endpoints } from './endpoints.tsx';
import { Inbox } from './inbox.tsx';
import { ReplayAll } from './replay-all.tsx';

const PATH = `/v1/webhooks${query({ limit: 100 })}`;
const VIEWS = [
  { id: 'all', name: 'Deliveries' },
  { id: 'pending', name: 'Open' },
  { id: 'exhausted', name: 'Given up' },
  { id: 'inbox', name: 'Inbox' },
];

/** What goes out, how it arrived, and what came in. */
export function WebhooksPage({ part }: { part: string | undefined }) {
  useTitle('Webhooks');
  const known = useResource<List<Endpoint>>(PATH);
  const [edited, edit] = useState<Endpoint | 'new'>();
  const [shown, show] = useState<Endpoint>();
  const view = part === 'inbox' ? 'inbox' : (queryOf('show') ?? 'all');
  async function saved(endpoint: Endpoint): Promise<void> {
    if (endpoint.secret) show(endpoint);
    edit(undefined);
    await reload(PATH);
  }
  return (
    <>
      <PageHead
        title="Webhooks"
        sub={
          <>
            A signed message when a batch ends. <a href="/docs">How to check the signature</a>
          </>
        }
      >
        {may('write') && (
          <button type="button" class="btn primary" onClick={() => edit('new')}>
            Add an endpoint
          </button>
        )}
      </PageHead>
      {shown?.secret && (
        <SecretShown secret={shown.secret} onDone={() => show(undefined)}>
          The secret of {shown.url}: copy it now, it is never shown again.
        </SecretShown>
      )}
      <Loaded known={known} waiting={<Lines count={3} />} onRetry={() => reload(PATH)}>
        {({ items }) => (
          <>
            <Endpoints endpoints={items} onEdit={edit} onChanged={() => reload(PATH)} />
            <Messages view={view} endpoints={items} />
          </>
        )}
      </Loaded>
      {edited && (
        <EndpointForm
          endpoint={edited === 'new' ? undefined : edited}
          onClose={() => edit(undefined)}
          onSaved={(endpoint) => void saved(endpoint)}
        />
      )}
    </>
  );
}

function Messages({ view, endpoints }: { view: string; endpoints: Endpoint[] }) {
  return (
    <>
      <div class="toolbar">
        <Chips
          label="Messages"
          choices={VIEWS}
          chosen={view}
          onChoose={(id) =>
            id === 'inbox' || view === 'inbox'
              ? navigate(id === 'inbox' ? '/webhooks/inbox' : `/webhooks${query({ show: id })}`, {
                  keepScroll: true,
                })
              : setQuery({ show: id === 'all' ? undefined : id, delivery: undefined })
          }
        />
        <span class="grow" />
        {may('write') && view !== 'inbox' && <ReplayAll endpoints={endpoints} />}
      </div>
      {view === 'inbox' ? (
        <Inbox />
      ) : (
        <Deliveries state={view === 'all' ? undefined : view} endpoints={endpoints} />
      )}
    </>
  );
}
