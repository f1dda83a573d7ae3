import type { Batch, FailureGroup, List } from '../../../api/types.ts';
import { may } from '../../../app/session.ts';
import { number } from '../../../data/format.ts';
import { reload, useResource } from '../../../data/resource.ts';
import { Empty } from '../../../parts/empty.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { Lines, Loaded } from '../../../parts/waiting.tsx';
import { Group } from './group.tsx';
import { Retry } from './retry.tsx';

const LIVE_MS = 3_000;

/** The failed images by reason: what each needs, and what can be done at once. */
export function Failures({ batch }: { batch: Batch }) {
  const path = `/v1/batches/${batch.id}/failures`;
  const known = useResource<List<FailureGroup>>(path, batch.ended_at === null ? LIVE_MS : undefined);
  return (
    <Loaded known={known} waiting={<Lines />} onRetry={() => reload(path)}>
      {({ items }) =>
        items.length === 0 ? <NoFailures batch={batch} /> : <Groups batch={batch} groups={items} />
      }
    </Loaded>
  );
}

function NoFailures({ batch: { counts, ended_at } }: { batch: Batch }) {
  const isOver = ended_at !== null;
  return (
    <div class="gaptop2">
      <Empty title={isOver ? 'Nothing failed' : 'Nothing has failed so far'} isGood>
        <p>
          {counts.completed === counts.total
            ? `${counts.total === 1 ? 'The image is' : `All ${number(counts.total)} images are`} done.`
            : `${number(counts.completed)} of ${number(counts.total)} images are done.`}
        </p>
      </Empty>
    </div>
  );
}

const sumOf = (groups: FailureGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0);

function Groups({ batch, groups }: { batch: Batch; groups: FailureGroup[] }) {
  const bySize = groups.toSorted((a, b) => b.count - a.count);
  const again = bySize.filter((group) => group.try_again);
  const toCorrect = bySize.filter((group) => !group.try_again);
  const [correctCount, againCount] = [sumOf(toCorrect), sumOf(again)];
  return (
    <>
      <div class="split">
        <div class="card">
          <span class={`big num ${correctCount > 0 ? 'bad' : 'faint'}`}>{number(correctCount)}</span>
          <div class="grow">
            <h2>need a correction</h2>
            <p class="muted small">
              {correctCount > 0
                ? 'Correct the links in this file and upload it: only these rows run.'
                : 'None of the links has to be corrected.'}
            </p>
          </div>
          {correctCount > 0 && (
            <a class="btn" href={`/v1/batches/${batch.id}/failed.csv`} download>
              <Icon name="down" />
              failed.csv
            </a>
          )}
        </div>
        <div class="card">
          <span class={`big num ${againCount > 0 ? '' : 'faint'}`}>{number(againCount)}</span>
          <div class="grow">
            <h2>may work on another try</h2>
            <p class="muted small">
              {againCount > 0 ? 'The host was slow, or had an error.' : 'No host was slow or had an error.'}
            </p>
          </div>
          {againCount > 0 && may('write') && (
            <Retry batch={batch} codes={again.map(({ code }) => code)} count={againCount} isPrimary />
          )}
        </div>
      </div>
      {batch.ended_at === null && (
        <p class="small muted">
          {batch.retry_planned
            ? 'The batch still runs, so there may be more. What you asked for is tried again as soon as it has ended.'
            : 'The batch still runs, so there may be more. A retry that is asked for now starts when it has ended.'}
        </p>
      )}
      <Section title="Need a correction" batch={batch} groups={toCorrect} />
      <Section title="May work on another try" batch={batch} groups={again} />
    </>
  );
}

function Section({ title, batch, groups }: { title: string; batch: Batch; groups: FailureGroup[] }) {
  if (groups.length === 0) return null;
  return (
    <>
      <div class="sect">
        <h2>{title}</h2>
      </div>
      {groups.map((group, i) => (
        <Group key={group.code} batch={batch} group={group} isOpen={i === 0} />
      ))}
    </>
  );
}
