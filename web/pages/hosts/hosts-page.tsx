import { useState } from 'preact/hooks';
import { query } from '../../api/request.ts';
import type { CountedList, Host } from '../../api/types.ts';
import { queryOf, setQuery } from '../../app/router.ts';
import { may } from '../../app/session.ts';
import { reload, useResource } from '../../data/resource.ts';
import { Chips } from '../../parts/chips.tsx';
import { Empty } from '../../parts/empty.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { SearchBox } from '../../parts/search-box.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { HostForm } from './host-form.tsx';
import { HostRow } from './host-row.tsx';
import { FILTERS, type HostState, stateOf } from './host-state.ts';

const LIVE_MS = 3_000;
const MOST = 1_000;

/** The hosts that images come from: how they do, and what an operator sets for them. */
export function HostsPage() {
  useTitle('Hosts');
  const path = `/v1/hosts${query({ limit: MOST })}`;
  const known = useResource<CountedList<Host>>(path, LIVE_MS);
  const [edited, edit] = useState<Host>();
  return (
    <>
      <PageHead
        title="Hosts"
        sub="Where your images come from. Minilab finds out by itself how much each host bears; you may set a limit, a pause, or secret headers."
      />
      <Loaded known={known} waiting={<Lines count={6} />} onRetry={() => reload(path)}>
        {({ items }) => (items.length === 0 ? <NoHosts /> : <Hosts hosts={items} onEdit={edit} />)}
      </Loaded>
      {edited && <HostForm host={edited} onClose={() => edit(undefined)} onSaved={() => reload(path)} />}
    </>
  );
}

function NoHosts() {
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

function Hosts({ hosts, onEdit }: { hosts: Host[]; onEdit: (host: Host) => void }) {
  const state = queryOf('state') as HostState | undefined;
  const search = (queryOf('q') ?? '').toLowerCase();
  const shown = hosts.filter(
    (host) => (state === undefined || stateOf(host) === state) && host.host.toLowerCase().includes(search),
  );
  return (
    <>
      <div class="toolbar">
        <Chips
          label="State"
          choices={[
            { id: 'all', name: 'All', count: hosts.length },
            ...FILTERS.map(({ id, name }) => ({
              id,
              name,
              count: hosts.filter((host) => stateOf(host) === id).length,
            })),
          ]}
          chosen={state ?? 'all'}
          onChoose={(id) => setQuery({ state: id === 'all' ? undefined : id })}
        />
        <SearchBox label="Search a host" value={search} onSearch={(text) => setQuery({ q: text })} isLive />
      </div>
      {shown.length === 0 ? (
        <Empty title="No host like that">
          <p>
            <a href="/hosts">All hosts</a>
          </p>
        </Empty>
      ) : (
        <div class="card">
          <div class="scrollx" tabIndex={0} role="region" aria-label="Table of hosts">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Host</th>
                  <th scope="col">State</th>
                  <th scope="col" class="hide-s">
                    Downloads at once
                  </th>
                  <th scope="col" class="r">
                    First byte
                  </th>
                  <th scope="col" class="r hide-s">
                    A second
                  </th>
                  <th scope="col" class="hide-s">
                    Last trouble
                  </th>
                  {may('write') && (
                    <th scope="col" class="r hide-s">
                      <span class="sr">Actions</span>
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {shown.map((host) => (
                  <HostRow key={host.host} host={host} onEdit={() => onEdit(host)} />
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </>
  );
}
