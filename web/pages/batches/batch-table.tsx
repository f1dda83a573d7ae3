import type { Batch } from '../../api/types.ts';
import { navigate } from '../../app/router.ts';
import { count, duration, number, percent, savedShare } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Bar, partsOf } from '../../parts/bar.tsx';
import { State } from '../../parts/state.tsx';
import { Moment, UserText } from '../../parts/text.tsx';

/** Batches that have ended, or wait: a line each. */
export function BatchTable({ batches }: { batches: Batch[] }) {
  return (
    <div class="scrollx" tabIndex={0} role="region" aria-label="Table of batches">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" class="hide-s">
              State
            </th>
            <th scope="col" class="hide-s">
              <span class="sr">Share done</span>
            </th>
            <th scope="col" class="r">
              Images
            </th>
            <th scope="col" class="r">
              Failed
            </th>
            <th scope="col" class="r hide-s">
              Saved
            </th>
            <th scope="col" class="hide-s">
              When
            </th>
            <th scope="col" class="r hide-s">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <Row key={batch.id} batch={batch} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ batch }: { batch: Batch }) {
  const { id, name, state, preset, counts, reused, bytes_in, bytes_out, created_at, started_at, ended_at } =
    batch;
  const saved = savedShare(bytes_in, bytes_out);
  const to = `/batches/${id}`;
  return (
    <tr class="go" onClick={(event) => !isInLink(event.target) && navigate(to)}>
      <td>
        <a class="name any" href={to}>
          <UserText text={name} />
        </a>
        <div class="tiny faint">
          {visible(preset)}
          {reused > 0 && ` · ${number(reused)} unchanged`}
        </div>
        <div class="only-s">
          <State state={state} />
        </div>
      </td>
      <td class="hide-s">
        <State state={state} />
      </td>
      <td class="hide-s">
        <div class="mini">
          <Bar parts={partsOf(counts)} />
        </div>
      </td>
      <td class="r">{number(counts.total)}</td>
      <td class="r">
        {counts.failed > 0 ? (
          <a
            class="bad"
            href={`${to}/failures`}
            aria-label={`${count(counts.failed, 'failure')} of ${visible(name)}`}
          >
            {number(counts.failed)}
          </a>
        ) : (
          <span class="faint">0</span>
        )}
      </td>
      <td class="r hide-s">{saved === undefined ? <span class="faint">—</span> : percent(saved)}</td>
      <td class="hide-s muted">
        <Moment at={created_at} />
      </td>
      <td class="r hide-s muted">
        {ended_at === null ? '—' : duration(Date.parse(ended_at) - Date.parse(started_at ?? created_at))}
      </td>
    </tr>
  );
}

/** Links, and text that is being selected, are not a click on the row. */
function isInLink(target: EventTarget | null): boolean {
  return (target instanceof Element && target.closest('a') !== null) || getSelection()?.isCollapsed === false;
}
