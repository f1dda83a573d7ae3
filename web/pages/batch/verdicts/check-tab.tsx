import { useEffect, useRef } from 'preact/hooks';
import type { Batch, Channel, CheckSummary, List } from '../../../api/types.ts';
import { store, stored } from '../../../app/stored.ts';
import { count } from '../../../data/format.ts';
import { reload, useKept, useResource } from '../../../data/resource.ts';
import { Lines, Loaded } from '../../../parts/waiting.tsx';
import { CheckBar } from './check-bar.tsx';
import { askedBy, questionHere } from './question.ts';
import { Summary } from './summary.tsx';

const CHANNELS = '/v1/channels';
const LIVE_MS = 5_000;
/** A check reads what is known of every image: of more than this, only when it is asked for. */
const MOST_LIVE = 5_000;

/** What a marketplace says of the pictures of a batch. */
export function CheckTab({ batch }: { batch: Batch }) {
  const channels = useResource<List<Channel>>(CHANNELS);
  return (
    <Loaded known={channels} waiting={<Lines count={6} />} onRetry={() => reload(CHANNELS)}>
      {({ items }) => <Checked batch={batch} channels={items} />}
    </Loaded>
  );
}

function Checked({ batch, channels }: { batch: Batch; channels: Channel[] }) {
  const last = channels.find(({ name }) => name === stored('channel')) ?? channels[0];
  const question = questionHere(last?.name ?? '');
  const path = `/v1/batches/${batch.id}/check${askedBy(question)}`;
  const isSettled = useRef(false);
  const isLive = !isSettled.current && batch.counts.total <= MOST_LIVE;
  const current = useResource<CheckSummary>(path, isLive ? LIVE_MS : undefined);
  const known = useKept(current);
  isSettled.current = known.data !== undefined && !isToChange(batch, known.data);
  useEffect(() => {
    if (current.data !== undefined) void reload(path);
  }, [batch.ended_at]);
  return (
    <>
      <CheckBar
        batch={batch}
        channels={channels}
        question={question}
        onChannel={(name) => store('channel', name)}
        isAsking={known !== current}
      />
      <Loaded
        known={known}
        waiting={
          <>
            <p class="muted gapb">Checking {count(batch.counts.total, 'image')} …</p>
            <Lines count={6} />
          </>
        }
        onRetry={() => reload(path)}
      >
        {(summary) => (
          <Summary batch={batch} summary={summary} question={question} onAgain={() => reload(path)} />
        )}
      </Loaded>
    </>
  );
}

/** A little after its end, a batch knows which of its pictures are the same. */
const COMPARED_WITHIN_MS = 600_000;

/** Whether verdicts change by themselves: while a batch runs, and until its pictures are compared. */
function isToChange({ ended_at }: Batch, { pending }: CheckSummary): boolean {
  if (ended_at === null) return true;
  return pending && Date.parse(ended_at) > Date.now() - COMPARED_WITHIN_MS;
}
