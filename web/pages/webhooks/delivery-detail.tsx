import { request } from '../../api/request.ts';
import type { DeliveryDetail } from '../../api/types.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { reload, useResource } from '../../data/resource.ts';
import { Attempts, Sent } from '../../parts/attempts.tsx';
import { Action, Copy } from '../../parts/button.tsx';
import { UserText } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';

const LIVE_MS = 3_000;

/** One delivery: its attempts, and what was sent. */
export function DeliveryDetailPane({ id, onChanged }: { id: string; onChanged: () => Promise<void> }) {
  const path = `/v1/deliveries/${id}`;
  const known = useResource<DeliveryDetail>(path, LIVE_MS);
  async function sendAgain(): Promise<void> {
    await request(`${path}/redeliver`, { method: 'POST' });
    await Promise.all([reload(path), onChanged()]);
    say('Sent again, with the same id');
  }
  return (
    <Loaded known={known} waiting={<Lines count={5} />} onRetry={() => reload(path)}>
      {(delivery) => (
        <section class="card pad" aria-label="One delivery">
          <h2 class="any">{delivery.event.type}</h2>
          <p class="small muted gapb any">
            <code>{delivery.event.id}</code>
            {delivery.event.batch_id !== null && (
              <>
                {' '}
                ·{' '}
                <a href={`/batches/${delivery.event.batch_id}/webhook`}>
                  <UserText text={delivery.event.batch_name ?? 'a batch that was deleted'} />
                </a>
              </>
            )}
          </p>
          <Attempts delivery={delivery} />
          <div class="row gaptop">
            {may('write') && (
              <Action icon="retry" busy="Sending …" act={sendAgain}>
                Send {delivery.state === 'pending' ? 'now' : 'again'}
              </Action>
            )}
            <Copy text={curlOf(delivery)} kind="plain">
              Copy as curl
            </Copy>
          </div>
          <h3 class="gaptop2 gapb">What was sent</h3>
          <Sent delivery={delivery} />
        </section>
      )}
    </Loaded>
  );
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function curlOf({ attempts, body }: DeliveryDetail): string {
  const { url, headers = {} } = attempts.at(-1)?.request ?? {};
  const given = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return ['curl', quoted(url ?? 'https://'), ...given, '--data-raw', quoted(body)].join(' ');
}
