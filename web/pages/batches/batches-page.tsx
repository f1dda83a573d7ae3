import { query } from '../../api/request.ts';
import type { Batch, CountedList } from '../../api/types.ts';
import { queryOf, setQuery } from '../../app/router.ts';
import { number } from '../../data/format.ts';
import { reload, useKept, useResource } from '../../data/resource.ts';
import { Chips } from '../../parts/chips.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { Pager, usePages } from '../../parts/pager.tsx';
import { SearchBox } from '../../parts/search-box.tsx';
import { STATE_NAMES } from '../../parts/state.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { TryExample } from '../new/example.tsx';
import { BatchTable } from './batch-table.tsx';
import { RunCard } from './run-card.tsx';

const PAGE = 30;
const LATEST = 14;
const LIVE_MS = 3_000;
const FILTERS = ['completed_with_errors', 'completed', 'failed', 'cancelled'] as const;

export function BatchesPage() {
  useTitle('Batches');
  const state = queryOf('state');
  const name = queryOf('name');
  const pages = usePages(`${state} ${name}`);
  const { cursor } = pages;
  const path = `/v1/batches${query({ limit: PAGE, latest: LATEST, state, q: name, counts: true, cursor })}`;
  const known = useKept(useResource<CountedList<Batch>>(path, cursor === undefined ? LIVE_MS : undefined));
  const isFiltered = state !== undefined || name !== undefined || cursor !== undefined;
  return (
    <>
      <PageHead title="Batches">
        <a class="btn primary" href="/">
          <Icon name="upload" />
          New batch
        </a>
      </PageHead>
      <Loaded known={known} waiting={<Lines count={6} />} onRetry={() => reload(path)}>
        {(list) => (
          <>
            <Running batches={list.items} />
            {(list.items.length > 0 || isFiltered) && (
              <div class="toolbar">
                <Filters
                  counts={list.counts_by_state}
                  state={state}
                  onChoose={(next) => setQuery({ state: next })}
                />
                <SearchBox
                  label="Search by name"
                  value={name ?? ''}
                  onSearch={(text) => setQuery({ name: text })}
                  isLive
                />
              </div>
            )}
            <Rest list={list} isFiltered={isFiltered} />
            <Pager pages={pages} next={list.next_cursor} text={pageText(list)} />
          </>
        )}
      </Loaded>
    </>
  );
}

const isRunning = (batch: Batch): boolean => batch.ended_at === null;

function Running({ batches }: { batches: Batch[] }) {
  const running = batches.filter(isRunning);
  if (running.length === 0) return null;
  return (
    <section class="running" aria-label="Running">
      {running.map((batch) => (
        <RunCard key={batch.id} batch={batch} />
      ))}
    </section>
  );
}

type FilterProps = {
  counts: Record<string, number> | undefined;
  state: string | undefined;
  onChoose: (state: string | undefined) => void;
};

function Filters({ counts, state, onChoose }: FilterProps) {
  const total = counts && Object.values(counts).reduce((sum, one) => sum + one, 0);
  const choices = [
    { id: 'all', name: 'All', count: total },
    ...FILTERS.map((id) => ({ id, name: STATE_NAMES[id], count: counts && (counts[id] ?? 0) })),
  ];
  return (
    <Chips
      label="State"
      choices={choices}
      chosen={state ?? 'all'}
      onChoose={(id) => onChoose(id === 'all' ? undefined : id)}
    />
  );
}

function Rest({ list, isFiltered }: { list: CountedList<Batch>; isFiltered: boolean }) {
  const ended = list.items.filter((batch) => !isRunning(batch));
  if (ended.length > 0) return <BatchTable batches={ended} />;
  if (isFiltered)
    return (
      <Empty title="No batch matches">
        <p>
          <a href="/batches">Show all batches</a>
        </p>
      </Empty>
    );
  if (list.items.length > 0) return null;
  return (
    <Empty title="No batches yet">
      <p>Drop a spreadsheet anywhere on this page.</p>
      <p class="gaptop">
        <a class="btn" href="/">
          Choose a file
        </a>{' '}
        <TryExample />
      </p>
    </Empty>
  );
}

function pageText({ items, counts_by_state: counts }: CountedList<Batch>): string {
  const total = counts && Object.values(counts).reduce((sum, one) => sum + one, 0);
  return total === undefined || items.length >= total ? '' : `${number(items.length)} of ${number(total)}`;
}
