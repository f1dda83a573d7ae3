import { request } from '../../api/request.ts';
import type { Delivery, Endpoint } from '../../api/types.ts';
import { navigate } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { number } from '../../data/format.ts';
import { reload } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { Bar } from '../../parts/bar.tsx';
import { Action } from '../../parts/button.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Moment, UserText } from '../../parts/text.tsx';
import { deliveriesPath, ENDPOINTS, MOST_COUNTED_OF_ONE } from './paths.ts';

type Props = { endpoints: Endpoint[]; onEdit: (endpoint: Endpoint) => void };

export function Endpoints({ endpoints, onEdit }: Props) {
  const columns: Column<Endpoint>[] = [
    { name: 'Endpoint', cell: (endpoint) => <Address endpoint={endpoint} /> },
    {
      name: 'Events',
      kind: 'muted small',
      width: '20%',
      isHiddenOnPhones: true,
      cell: ({ event_types: events }) => (events.length === 0 ? 'all ends of batches' : events.join(', ')),
    },
    {
      name: 'Last 7 days',
      width: '23%',
      isHiddenOnPhones: true,
      cell: (endpoint) => <LastDays endpoint={endpoint} />,
    },
    {
      name: 'Actions',
      isNameUnseen: true,
      kind: 'r',
      cell: (endpoint) => may('write') && <Actions endpoint={endpoint} onEdit={() => onEdit(endpoint)} />,
    },
  ];
  return (
    <div class="gapb2">
      {endpoints.length === 0 ? (
        <Empty title="No endpoints yet">
          <p>An endpoint is an address of yours that is told when a batch ends.</p>
        </Empty>
      ) : (
        <DataTable label="Endpoints" columns={columns} rows={endpoints} keyOf={({ id }) => id} />
      )}
    </div>
  );
}

function Address({ endpoint }: { endpoint: Endpoint }) {
  return (
    <>
      <span class="mono any">{visible(endpoint.url)}</span> <Trouble endpoint={endpoint} />
      <div class="tiny faint">
        <Notes endpoint={endpoint} />
      </div>
      <div class="only-s">
        <LastDays endpoint={endpoint} />
      </div>
    </>
  );
}

function Trouble({ endpoint: { disabled, failing_since: failing } }: { endpoint: Endpoint }) {
  if (disabled) return <span class="badge bad">Disabled</span>;
  return failing === null ? null : <span class="badge warn">Fails</span>;
}

/** What is to be known of it, for people, with dots between. */
function Notes({ endpoint }: { endpoint: Endpoint }) {
  const { kind, description, disabled, disabled_at, disabled_because, failing_since: failing } = endpoint;
  const notes = [
    kind === 'configured' && 'set by WEBHOOK_URL',
    description !== '' && <UserText text={description} />,
    disabled && disabled_at !== null && (
      <>
        {disabled_because}, <Moment at={disabled_at} />
      </>
    ),
    !disabled && failing !== null && (
      <>
        since <Moment at={failing} />
      </>
    ),
    endpoint.old_secret_expires_at !== null && (
      <>
        two secrets until <Moment at={endpoint.old_secret_expires_at} />
      </>
    ),
  ].filter((note) => note !== false);
  return notes.map((note, i) => (
    <span key={i}>
      {i > 0 && ' · '}
      {note}
    </span>
  ));
}

function LastDays({ endpoint: { last_7_days: counts } }: { endpoint: Endpoint }) {
  const { delivered = 0, pending = 0, exhausted = 0 } = counts ?? {};
  const total = delivered + pending + exhausted;
  if (total === 0) return <span class="tiny faint">nothing sent</span>;
  const text = [
    `${number(delivered)} delivered`,
    pending > 0 && `${number(pending)} open`,
    exhausted > 0 && `${number(exhausted)} given up`,
  ].filter(Boolean);
  return (
    <>
      <div class="mini">
        <Bar
          parts={[
            ['ok', delivered / total],
            ['now', pending / total],
            ['bad', exhausted / total],
          ]}
        />
      </div>
      <div class="tiny muted">
        {text.join(', ')}
        {total >= MOST_COUNTED_OF_ONE && ` of the last ${number(total)}`}
      </div>
    </>
  );
}

function Actions({ endpoint, onEdit }: { endpoint: Endpoint; onEdit: () => void }) {
  const { id, url, kind, disabled } = endpoint;
  const path = `/v1/webhooks/${id}`;
  async function test(): Promise<void> {
    const delivery = await request<Delivery>(`${path}/test`, { method: 'POST' });
    navigate(`/webhooks?delivery=${delivery.id}`, { replace: true, keepScroll: true });
    await Promise.all([reload(deliveriesPath({})), reload(ENDPOINTS)]);
    say('A test is on its way: see below how it arrives');
  }
  async function enable(): Promise<void> {
    await request(path, { method: 'PATCH', json: { disabled: false } });
    await reload(ENDPOINTS);
    say('It gets messages again');
  }
  return (
    <div class="row right">
      {disabled ? (
        <Action busy="Enabling …" act={enable}>
          Enable<span class="sr"> {url}</span>
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
  );
}
