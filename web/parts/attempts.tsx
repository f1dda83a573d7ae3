import type { DeliveryDetail } from '../api/types.ts';
import { duration, timeLeft, whenExactly } from '../data/format.ts';
import { visibleLines } from '../data/user-text.ts';
import { Moment } from './text.tsx';

/** The attempts of a delivery in time, newest first, with what is to come. */
export function Attempts({ delivery }: { delivery: DeliveryDetail }) {
  const { attempts, next_attempt_at: next, state } = delivery;
  return (
    <ol class="tl">
      {next !== null && state === 'pending' && (
        <li data-s="wait">
          <b>
            Next try at <Moment at={next} />
          </b>
          <span class="muted"> · {nearness(next)}</span>
        </li>
      )}
      {attempts.toReversed().map(({ attempt, at, duration_ms, status, error, response }) => {
        const isGood = status !== null && status >= 200 && status < 300;
        return (
          <li key={attempt} data-s={isGood ? 'ok' : 'bad'}>
            <b>{status === null ? (error ?? 'No answer') : `Answered ${status}`}</b>{' '}
            <span class="muted">
              · try {attempt} · <Moment at={at} show={whenExactly} /> · {duration(duration_ms)}
            </span>
            {response.body !== '' && <pre class="body">{visibleLines(response.body.slice(0, 1_000))}</pre>}
          </li>
        );
      })}
      {attempts.length === 0 && next === null && <li data-s="wait">Not sent yet</li>}
    </ol>
  );
}

function nearness(next: string): string {
  const seconds = (Date.parse(next) - Date.now()) / 1_000;
  return seconds <= 0 ? 'now' : `in about ${timeLeft(seconds)}`;
}

/** What an attempt sends: the last one's headers, and the body. */
export function Sent({ delivery }: { delivery: DeliveryDetail }) {
  const last = delivery.attempts.at(-1);
  const headers = Object.entries(last?.request.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const to = last?.request.url === undefined || last.request.url === null ? [] : [`POST ${last.request.url}`];
  return <pre class="body">{visibleLines([...to, ...headers, '', indented(delivery.body)].join('\n'))}</pre>;
}

/** JSON as people read it; any other text as it is. */
export function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
