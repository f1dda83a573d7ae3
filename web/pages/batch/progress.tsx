import type { ComponentChildren } from 'preact';
import type { Batch } from '../../api/types.ts';
import { bytes, duration, number, oneDecimal, percent, savedShare, timeLeft } from '../../data/format.ts';
import { Bar, partsOf } from '../../parts/bar.tsx';
import { Arrow } from '../../parts/icon.tsx';
import { tabPath } from './tabs.tsx';

/** The batch in one line: how far, how fast, how long, what was saved. */
export function Progress({ batch }: { batch: Batch }) {
  const { counts, percent: share } = batch;
  const ended = counts.completed + counts.failed + counts.cancelled;
  return (
    <section class="card prog" aria-label="Progress">
      <div
        role="progressbar"
        aria-label="Images ended"
        aria-valuemin={0}
        aria-valuemax={counts.total}
        aria-valuenow={ended}
      >
        <Bar parts={partsOf(counts)} isTall />
      </div>
      <div class="nums">
        <div>
          <div class="pc">
            {Math.floor(share)}
            <small>%</small>
          </div>
          <div class="tiny muted">
            <span class="num">{number(ended)}</span> of {number(counts.total)}
          </div>
        </div>
        <Stats batch={batch} />
      </div>
    </section>
  );
}

function Stats({ batch }: { batch: Batch }) {
  const { id, counts, bytes_in, bytes_out, ended_at } = batch;
  const saved = savedShare(bytes_in, bytes_out);
  return (
    <dl class="stats">
      <Stat name="Done" kind="ok">
        {number(counts.completed)}
      </Stat>
      <Stat name="Failed" kind="bad">
        <a class={counts.failed > 0 ? 'bad' : ''} href={tabPath(id, 'failures')} data-keep-scroll="">
          {number(counts.failed)}
        </a>
      </Stat>
      <Stat name="In work" kind="now">
        {number(counts.processing)}
      </Stat>
      {counts.cancelled > 0 ? (
        <Stat name="Cancelled" kind="stop">
          {number(counts.cancelled)}
        </Stat>
      ) : (
        <Stat name="Waiting" kind="wait">
          {number(counts.pending)}
        </Stat>
      )}
      <Stat name="Speed">
        <Speed batch={batch} />
      </Stat>
      {ended_at === null ? (
        <Stat name="Time left">{timeLeft(secondsLeft(batch))}</Stat>
      ) : (
        <Took batch={batch} />
      )}
      <Stat name="Saved">
        {saved === undefined ? '—' : percent(saved)}{' '}
        {bytes_in > 0 && (
          <small>
            {bytes(bytes_in)} <Arrow /> {bytes(bytes_out)}
          </small>
        )}
      </Stat>
    </dl>
  );
}

function Stat({ name, kind, children }: { name: string; kind?: string; children: ComponentChildren }) {
  return (
    <div class="stat">
      <dt>
        {kind && <i data-s={kind} />}
        {name}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

function Speed({ batch }: { batch: Batch }) {
  const { images_per_second: mean, ended_at } = batch;
  const rates = sinceBegin(batch.rates ?? []);
  const rate = ended_at === null ? (recentRate(rates) ?? mean) : mean;
  return (
    <>
      {rate === null ? '—' : oneDecimal(rate)} <small>a second</small>
      {rates.length > 1 && ended_at === null && <Spark rates={rates} />}
    </>
  );
}

const SECONDS_A_POINT = 3;
const RECENT_POINTS = 30 / SECONDS_A_POINT;

/** Without the time before the batch had begun. */
function sinceBegin(rates: number[]): number[] {
  const first = rates.findIndex((rate) => rate > 0);
  return first < 0 ? [] : rates.slice(first);
}

/** The median of the last 30 s; undefined while there are too few points. */
function recentRate(rates: number[]): number | undefined {
  const recent = sinceBegin(rates)
    .slice(-RECENT_POINTS)
    .toSorted((a, b) => a - b);
  return recent.length < 3 ? undefined : recent[Math.floor(recent.length / 2)];
}

/** Unknown while nothing comes in: the mean of the whole batch would promise what a held host does not keep. */
function secondsLeft({ rates = [], counts, eta_seconds }: Batch): number | null {
  const rate = recentRate(rates);
  if (rate === 0 && !rates.slice(-RECENT_POINTS).some((point) => point > 0)) return null;
  return rate === undefined || rate === 0 ? eta_seconds : (counts.pending + counts.processing) / rate;
}

function Took({ batch: { started_at, created_at, ended_at } }: { batch: Batch }) {
  const ms = ended_at === null ? 0 : Date.parse(ended_at) - Date.parse(started_at ?? created_at);
  return <Stat name="Took">{duration(ms)}</Stat>;
}

const WIDTH = 74;
const HEIGHT = 20;

/** The speed of the last two minutes as a line. */
function Spark({ rates }: { rates: number[] }) {
  const top = Math.max(...rates) * 1.05 || 1;
  const points = rates.map((rate, i) => {
    const x = (i / (rates.length - 1)) * WIDTH;
    return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${(HEIGHT - (rate / top) * HEIGHT).toFixed(1)}`;
  });
  const line = points.join('');
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path class="a" d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
      <path d={line} />
    </svg>
  );
}
