import { useEffect, useState } from 'preact/hooks';
import { clockWithSeconds } from '../data/format.ts';
import { Icon } from '../parts/icon.tsx';
import { connection, tryNow } from './connection.ts';

/** How old what is shown is, and when the next try comes. */
export function Offline() {
  const now = connection.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (now.state === 'live') return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, [now.state]);
  if (now.state === 'live') return null;
  const seconds = Math.max(0, Math.ceil((now.nextTryAt - Date.now()) / 1_000));
  return (
    <div class="offline" role="region" aria-label="No connection">
      <Icon name="warn" />
      <span>
        <span role="alert">
          The server does not answer. You see how things stood at {clockWithSeconds(now.seenAt)}.
        </span>{' '}
        <span class="num">{seconds === 0 ? 'Trying now.' : `Next try in ${seconds} s.`}</span>
      </span>
      <button type="button" class="link" onClick={tryNow}>
        Try now
      </button>
    </div>
  );
}
