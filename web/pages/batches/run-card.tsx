import type { Batch } from '../../api/types.ts';
import { count, number, oneDecimal, percent, timeLeft } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Bar, partsOf } from '../../parts/bar.tsx';
import { Moment, UserText } from '../../parts/text.tsx';

const FRAMES = 14;
const EMPTY_FRAMES = 3;

/** A batch that runs, with its latest pictures. */
export function RunCard({ batch }: { batch: Batch }) {
  const { id, name, preset, products, counts, created_at, started_at, latest = [] } = batch;
  const { completed, failed, pending, processing } = counts;
  return (
    <a class="card runcard" href={`/batches/${id}`}>
      <div class="row nowrap">
        <div class="grow">
          <h2 class="any">
            <UserText text={name} />
          </h2>
          <span class="small muted">
            {visible(preset)} · {count(products, 'product')} · since <Moment at={started_at ?? created_at} />
          </span>
        </div>
        <span class="pc">{percent(Math.floor(batch.percent) / 100)}</span>
      </div>
      <Bar parts={partsOf(counts)} />
      <div class="strip" aria-hidden="true">
        {Array.from({ length: EMPTY_FRAMES }, (_, i) => (
          <span key={i} />
        ))}
        {latest.slice(0, FRAMES).map(({ image_id, thumb }) => (
          <img key={image_id} src={thumb.url} alt="" decoding="async" />
        ))}
      </div>
      <div class="row small muted">
        <span>{number(completed)} done</span>
        {failed > 0 && <span class="bad">{number(failed)} failed</span>}
        <span>{number(pending + processing)} to go</span>
        <span class="grow" />
        <span>{speedOf(batch)}</span>
      </div>
    </a>
  );
}

function speedOf({ images_per_second: rate, eta_seconds: left }: Batch): string {
  if (rate === null) return 'Starting';
  return `${oneDecimal(rate)} images a second${left === null ? '' : `, about ${timeLeft(left)} left`}`;
}
