import { useState } from 'preact/hooks';
import { query, request } from '../../api/request.ts';
import type { Batch, Host, HostPage } from '../../api/types.ts';
import { queryOf, setQuery } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { say } from '../../app/say.ts';
import { number } from '../../data/format.ts';
import { reload, useKept, useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { Action } from '../../parts/button.tsx';
import { Chips } from '../../parts/chips.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { Pager, usePages } from '../../parts/pager.tsx';
import { SearchBox } from '../../parts/search-box.tsx';
import { UserText } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { columnsOf } from './host-cells.tsx';
import { HostForm } from './host-form.tsx';
import { choicesOf, stateOf, statesOf } from './host-state.ts';

const LIVE_MS = 3_000;
const PAGE = 50;
const NOTHING_YET = { data: undefined, error: undefined };

/** The hosts that images come from: how they do, and what an operator sets for them. */
export function HostsPage() {
  useTitle('Hosts');
  const [state, q, batch] = [queryOf('state'), queryOf('q'), queryOf('batch')];
  const pages = usePages(`${state} ${q} ${batch}`);
  const { cursor } = pages;
  const path = `/v1/hosts${query({ state: statesOf(state), q, batch, limit: PAGE, counts: true, cursor })}`;
  const hosts = useKept(useResource<HostPage>(path, LIVE_MS));
  const named = useResource<Batch>(batch && `/v1/batches/${batch}`);
  const isNamed = batch === undefined || named.data !== undefined || named.error !== undefined;
  const [edited, edit] = useState<Host>();
  const changed = (): Promise<void> => reload(path);
  return (
    <>
      <PageHead
        title="Hosts"
        sub="Where your images come from. Minilab finds out by itself how much each host bears; you may set a limit, a pause, or secret headers."
      />
      <Loaded
        known={isNamed ? hosts : NOTHING_YET}
        waiting={<Lines count={6} />}
        onRetry={changed}
        gone="This batch is not there."
      >
        {(page) => (
          <>
            {batch !== undefined && <OfBatch id={batch} name={named.data?.name ?? batch} />}
            <div class="toolbar">
              <Chips
                label="State"
                choices={choicesOf(page.counts_by_state)}
                chosen={statesOf(state) === undefined ? 'all' : (state ?? 'all')}
                onChoose={(id) => setQuery({ state: id === 'all' ? undefined : id })}
              />
              <SearchBox
                label="Search a host"
                value={q ?? ''}
                onSearch={(text) => setQuery({ q: text })}
                isLive
              />
            </div>
            <HostTable page={page} batch={batch} onEdit={edit} onChanged={changed} />
            <Pager pages={pages} next={page.next_cursor} text={sizeText(page)} words={['Back', 'More']} />
          </>
        )}
      </Loaded>
      {edited && <HostForm host={edited} onClose={() => edit(undefined)} onSaved={changed} />}
    </>
  );
}

/** Says that only the hosts of one batch are listed. */
function OfBatch({ id, name }: { id: string; name: string }) {
  return (
    <p class="gapb">
      Only hosts that images of{' '}
      <a href={`/batches/${id}`}>
        <UserText text={name} />
      </a>{' '}
      wait for or failed at. <a href="/hosts">All hosts</a>
    </p>
  );
}

function sizeText({ items, next_cursor: next, counts_by_state: counts }: HostPage): string {
  if (next === null || counts === undefined) return '';
  return `${number(items.length)} of ${number(counts.open + counts.held + counts.parked + counts.given_up)}`;
}

type TableProps = {
  page: HostPage;
  batch: string | undefined;
  onEdit: (host: Host) => void;
  onChanged: () => Promise<void>;
};

function HostTable({ page, batch, onEdit, onChanged }: TableProps) {
  if (page.items.length === 0) return <NoHosts page={page} batch={batch} />;
  const columns = columnsOf(batch);
  if (may('write'))
    columns.push({
      name: 'Actions',
      isNameUnseen: true,
      kind: 'r',
      cell: (host) => <Actions host={host} onEdit={() => onEdit(host)} onChanged={onChanged} />,
    });
  return <DataTable label="Table of hosts" columns={columns} rows={page.items} keyOf={({ host }) => host} />;
}

function NoHosts({ page: { counts_by_state: counts }, batch }: Pick<TableProps, 'page' | 'batch'>) {
  const isFiltered = queryOf('q') !== undefined || queryOf('state') !== undefined;
  if (isFiltered || counts === undefined)
    return (
      <Empty title="No host like that">
        <p>
          <a href="/hosts">All hosts</a>
        </p>
      </Empty>
    );
  if (batch !== undefined)
    return (
      <Empty title="No host holds this batch up" isGood>
        <p>None of its images waits for a host, and none failed.</p>
      </Empty>
    );
  return (
    <Empty title="No hosts yet">
      <p>A host appears here when a first image is downloaded from it.</p>
      <p class="gaptop">
        <a class="btn primary" href="/">
          New batch
        </a>
      </p>
    </Empty>
  );
}

type ActionProps = { host: Host; onEdit: () => void; onChanged: () => Promise<void> };

function Actions({ host, onEdit, onChanged }: ActionProps) {
  const state = stateOf(host);
  async function resume(): Promise<void> {
    await request(`/v1/hosts/${encodeURIComponent(host.host)}`, {
      method: 'PUT',
      json: { held_until: null },
    });
    await onChanged();
    say(`${visible(host.host)} is asked for images again`);
  }
  return (
    <div class="row right">
      {(state === 'held' || state === 'dead') && (
        <Action busy="Resuming …" act={resume}>
          {state === 'held' ? 'Resume' : 'Try now'}
          <span class="sr"> {host.host}</span>
        </Action>
      )}
      <button type="button" class="btn" onClick={onEdit}>
        Set…<span class="sr"> for {host.host}</span>
      </button>
    </div>
  );
}
