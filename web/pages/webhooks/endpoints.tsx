import { request } from '../../api/request.ts';
import type { Delivery, Endpoint } from '../../api/types.ts';
import { setQuery } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { visible } from '../../data/user-text.ts';
import { Action } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Moment } from '../../parts/text.tsx';

type Props = { endpoints: Endpoint[]; onEdit: (endpoint: Endpoint) => void; onChanged: () => Promise<void> };

export function Endpoints({ endpoints, onEdit, onChanged }: Props) {
  if (endpoints.length === 0)
    return (
      <div class="gapb2">
        <Empty title="No endpoints yet">
          <p>An endpoint is an address of yours that is told when a batch ends.</p>
        </Empty>
      </div>
    );
  return (
    <div class="card gapb2">
      <div class="scrollx" tabIndex={0} role="region" aria-label="Endpoints">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col" class="hide-s">
                Events
              </th>
              <th scope="col">State</th>
              <th scope="col" class="r">
                <span class="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {endpoints.map((endpoint) => (
              <Row
                key={endpoint.id}
                endpoint={endpoint}
                onEdit={() => onEdit(endpoint)}
                onChanged={onChanged}
              />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

type RowProps = { endpoint: Endpoint; onEdit: () => void; onChanged: () => Promise<void> };

function Row({ endpoint, onEdit, onChanged }: RowProps) {
  const { id, url, description, event_types: events, kind, disabled } = endpoint;
  const path = `/v1/webhooks/${id}`;
  async function test(): Promise<void> {
    const delivery = await request<Delivery>(`${path}/test`, { method: 'POST' });
    setQuery({ delivery: delivery.id, show: undefined });
    say('A test is on its way: see below how it arrives');
  }
  async function enable(): Promise<void> {
    await request(path, { method: 'PATCH', json: { disabled: false } });
    await onChanged();
    say('It gets messages again');
  }
  return (
    <tr>
      <td>
        <b class="mono any">{visible(url)}</b>
        <div class="tiny faint" dir="auto">
          {kind === 'configured' && 'set by WEBHOOK_URL '}
          {kind === 'callback' && 'the callback address of a batch '}
          {visible(description)}
        </div>
      </td>
      <td class="hide-s muted small">{events.length === 0 ? 'all ends of batches' : events.join(', ')}</td>
      <td>
        <Health endpoint={endpoint} />
      </td>
      <td class="r">
        {may('write') && (
          <div class="row right">
            {disabled && kind !== 'callback' ? (
              <Action busy="Enabling …" act={enable}>
                Enable
              </Action>
            ) : (
              <Action busy="Sending …" act={test}>
                Test<span class="sr"> {url}</span>
              </Action>
            )}
            {kind === 'registered' && (
              <button type="button" class="btn" onClick={onEdit}>
                Edit<span class="sr"> {url}</span>
              </button>
            )}
          </div>
        )}
      </td>
    </tr>
  );
}

function Health({ endpoint }: { endpoint: Endpoint }) {
  const {
    disabled,
    disabled_because: because,
    failing_since: failing,
    old_secret_expires_at: old,
  } = endpoint;
  return (
    <>
      {disabled ? (
        <span class="badge bad">Disabled</span>
      ) : failing ? (
        <span class="badge warn">Fails</span>
      ) : (
        <span class="badge ok">Fine</span>
      )}
      <div class="tiny faint">
        {disabled && because}
        {!disabled && failing && (
          <>
            since <Moment at={failing} />
          </>
        )}
        {old && (
          <>
            {' '}
            two secrets until <Moment at={old} />
          </>
        )}
      </div>
    </>
  );
}
