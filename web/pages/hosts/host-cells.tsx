import type { Host } from '../../api/types.ts';
import { clock, count, duration, number, oneDecimal } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import type { Column } from '../../parts/data-table.tsx';
import { Icon } from '../../parts/icon.tsx';
import { stateOf } from './host-state.ts';

/** What the table says of a host. @param batch its images are counted instead of the speed */
export function columnsOf(batch: string | undefined): Column<Host>[] {
  return [
    { name: 'Host', cell: (host) => <Name host={host} /> },
    { name: 'State', isHiddenOnPhones: true, cell: (host) => <HostBadge host={host} /> },
    { name: 'Downloads at once', isHiddenOnPhones: true, cell: (host) => <Places host={host} /> },
    { name: 'First byte', kind: 'r', isHiddenOnPhones: true, cell: (host) => <FirstByte host={host} /> },
    ...(batch === undefined ? [SPEED] : imagesOf(batch)),
    {
      name: 'Last trouble',
      kind: 'muted small any',
      isHiddenOnPhones: true,
      cell: ({ last_error: error }) => (error === null ? '—' : visible(error.detail)),
    },
  ];
}

const SPEED: Column<Host> = {
  name: 'A second',
  kind: 'r',
  isHiddenOnPhones: true,
  cell: ({ downloads_per_second: speed }) => (speed > 0 ? oneDecimal(speed) : <Zero />),
};

function imagesOf(batch: string): Column<Host>[] {
  return [
    { name: 'Wait', kind: 'r', cell: ({ waiting = 0 }) => (waiting > 0 ? number(waiting) : <Zero />) },
    {
      name: 'Failed',
      kind: 'r',
      cell: ({ failed = 0, host }) =>
        failed > 0 ? (
          <a
            class="bad"
            href={`/batches/${batch}/failures`}
            aria-label={`${count(failed, 'failure')} of images of ${host}`}
          >
            {number(failed)}
          </a>
        ) : (
          <Zero />
        ),
    },
  ];
}

function Zero() {
  return <span class="faint">0</span>;
}

function Name({ host }: { host: Host }) {
  const { headers } = host;
  return (
    <>
      <b class="any">{visible(host.host)}</b>
      {headers.length > 0 && (
        <div class="tiny faint any">
          sends {count(headers.length, 'secret header')}: {headers.map(visible).join(', ')}
        </div>
      )}
      <div class="only-s tiny">
        <HostBadge host={host} />{' '}
        {host.latency_ms !== null && (
          <>
            <FirstByte host={host} /> to the first byte
          </>
        )}
      </div>
    </>
  );
}

function FirstByte({ host: { latency_ms: latency, slow } }: { host: Host }) {
  if (latency === null) return <>—</>;
  return <span class={slow ? 'warn' : ''}>{duration(latency)}</span>;
}

function HostBadge({ host }: { host: Host }) {
  switch (stateOf(host)) {
    case 'fine':
      return <span class="badge ok">Fine</span>;
    case 'slow':
      return <span class="badge warn">Slow</span>;
    case 'held':
      return (
        <span class="badge warn">
          <Icon name="pause" />
          Until {clock(host.held_until ?? '')}
        </span>
      );
    case 'dead':
      return <span class="badge bad">No connection</span>;
  }
}

const MOST_DRAWN = 12;

function Places({ host: { places, in_use: used } }: { host: Host }) {
  return (
    <span class="row nowrap">
      {places <= MOST_DRAWN && (
        <span class="places" aria-hidden="true">
          {Array.from({ length: places }, (_, i) => (
            <i key={i} class={i < used ? 'on' : ''} />
          ))}
        </span>
      )}
      <span class="muted num">
        {number(used)} of {number(places)}
      </span>
    </span>
  );
}
