import type { Host } from '../../api/types.ts';
import { may } from '../../app/session.ts';
import { clock, count, duration, number, oneDecimal } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Icon } from '../../parts/icon.tsx';
import { SLOW_MS, stateOf } from './host-state.ts';

export function HostRow({ host, onEdit }: { host: Host; onEdit: () => void }) {
  const { latency_ms: latency, downloads_per_second: speed, last_error: error, headers } = host;
  return (
    <tr>
      <td>
        <b class="any">{visible(host.host)}</b>
        {headers.length > 0 && <div class="tiny faint">sends {count(headers.length, 'secret header')}</div>}
      </td>
      <td>
        <HostBadge host={host} />
      </td>
      <td class="hide-s">
        <Places host={host} />
      </td>
      <td class={`r ${latency !== null && latency > SLOW_MS ? 'warn' : ''}`}>
        {latency === null ? '—' : duration(latency)}
      </td>
      <td class="r hide-s">{speed > 0 ? oneDecimal(speed) : <span class="faint">0</span>}</td>
      <td class="hide-s muted small any">{error === null ? '—' : error.detail}</td>
      {may('write') && (
        <td class="r hide-s">
          <button type="button" class="btn" onClick={onEdit}>
            Set…<span class="sr"> for {host.host}</span>
          </button>
        </td>
      )}
    </tr>
  );
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
    <>
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
    </>
  );
}
