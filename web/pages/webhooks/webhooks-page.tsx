import { useState } from 'preact/hooks';
import type { Endpoint, List } from '../../api/types.ts';
import { may } from '../../app/session.ts';
import { reload, useResource } from '../../data/resource.ts';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { SecretShown } from '../../parts/secret.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import { Endpoints } from './endpoints.tsx';
import { Messages } from './messages.tsx';
import { ENDPOINTS } from './paths.ts';
import { SignatureGuide } from './signature-guide.tsx';

const LIVE_MS = 8_000;

/** What goes out, how it arrived, and what came in. */
export function WebhooksPage({ part }: { part: string | undefined }) {
  return part === 'signature' ? <SignatureGuide /> : <Webhooks isInbox={part === 'inbox'} />;
}

function Webhooks({ isInbox }: { isInbox: boolean }) {
  useTitle('Webhooks');
  const known = useResource<List<Endpoint>>(ENDPOINTS, LIVE_MS);
  const [edited, edit] = useState<Endpoint | 'new'>();
  const [shown, show] = useState<Endpoint>();
  async function saved(endpoint: Endpoint): Promise<void> {
    if (endpoint.secret) show(endpoint);
    edit(undefined);
    await reload(ENDPOINTS);
  }
  return (
    <>
      <PageHead
        title="Webhooks"
        sub={
          <>
            A signed message when a batch ends. <a href="/webhooks/signature">How to check the signature</a>
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
      <Loaded known={known} waiting={<Lines count={3} />} onRetry={() => reload(ENDPOINTS)}>
        {({ items }) => (
          <>
            <Endpoints endpoints={items} onEdit={edit} />
            <Messages isInbox={isInbox} />
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
