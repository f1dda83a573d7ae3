import type { Usage } from '../../api/types.ts';
import { bytes, count, day, number } from '../../data/format.ts';
import { reload, useResource } from '../../data/resource.ts';
import { Bar } from '../../parts/bar.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { LimitTable, USAGE } from './limits.tsx';

/** What the customer uses: of its limits now, and of the last 31 days. */
export function UsageView() {
  const known = useResource<Usage>(USAGE);
  return (
    <Loaded known={known} waiting={<Lines count={8} />} onRetry={() => reload(USAGE)}>
      {(usage) => (
        <div class="stack">
          <section class="card" aria-label="Limits">
            <LimitTable usage={usage} />
          </section>
          <Days days={usage.days} />
        </div>
      )}
    </Loaded>
  );
}

function Days({ days }: { days: Usage['days'] }) {
  const sum = (of: 'batches' | 'images' | 'upload_bytes'): number =>
    days.reduce((total, one) => total + one[of], 0);
  const most = Math.max(1, ...days.map(({ images }) => images));
  return (
    <section class="card" aria-labelledby="days">
      <div class="pad">
        <h2 id="days">The last 31 days</h2>
        <p class="muted">
          {count(sum('images'), 'image')} in {count(sum('batches'), 'batch', 'batches')},{' '}
          {bytes(sum('upload_bytes'))} of spreadsheets. Days in UTC.
        </p>
      </div>
      {days.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col" class="r">
                Images
              </th>
              <th scope="col" class="r">
                Batches
              </th>
              <th scope="col" class="r hide-s">
                Spreadsheets
              </th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day: date, batches, images, upload_bytes: size }) => (
              <tr key={date}>
                <td>
                  <time dateTime={date}>{day(date)}</time>
                  <Bar parts={[['now', images / most]]} />
                </td>
                <td class="r">{number(images)}</td>
                <td class="r">{number(batches)}</td>
                <td class="r hide-s muted">{bytes(size)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
