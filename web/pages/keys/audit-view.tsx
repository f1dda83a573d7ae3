import { query } from '../../api/request.ts';
import type { ApiKey, AuditEntry, List } from '../../api/types.ts';
import { queryOf, setQuery } from '../../app/router.ts';
import { reload, useKept, useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Pager, usePages } from '../../parts/pager.tsx';
import { SearchBox } from '../../parts/search-box.tsx';
import { Moment, UserText } from '../../parts/text.tsx';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { ACTIONS, addressOf, detailsText, whoOf } from './audit-words.ts';

const PAGE = 50;
const DAY_MS = 86_400_000;
const SINCE: Record<string, string> = { '0': 'Today', '6': 'The last 7 days', '29': 'The last 30 days' };

/** Who did what: the log of the customer, newest first. */
export function AuditView() {
  const filters = {
    action: queryOf('action'),
    key: queryOf('key'),
    object: queryOf('object'),
    since: sinceOf(queryOf('since')),
  };
  const pages = usePages(JSON.stringify(filters));
  const path = `/v1/audit${query({ ...filters, limit: PAGE, cursor: pages.cursor })}`;
  const known = useKept(useResource<List<AuditEntry>>(path));
  return (
    <>
      <Filters />
      <Loaded known={known} waiting={<Lines count={8} />} onRetry={() => reload(path)}>
        {({ items, next_cursor: next }) => (
          <>
            {items.length === 0 ? (
              <Nothing />
            ) : (
              <DataTable label="Log" columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
            )}
            <Pager pages={pages} next={next} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** The begin of a day, so that the address asks for the same all day. */
function sinceOf(days: string | undefined): string | undefined {
  if (days === undefined || !(days in SINCE)) return undefined;
  return new Date(new Date().setHours(0, 0, 0, 0) - Number(days) * DAY_MS).toISOString();
}

function Filters() {
  const keys = useResource<List<ApiKey>>('/v1/keys').data?.items ?? [];
  return (
    <div class="toolbar">
      <Choice name="action" all="Every action" choices={Object.entries(ACTIONS)} />
      <Choice name="key" all="Every key" choices={keys.map(({ id, name }) => [id, visible(name)])} />
      <Choice name="since" all="Any time" choices={Object.entries(SINCE)} />
      <SearchBox
        label="Id or name of an object"
        value={queryOf('object') ?? ''}
        onSearch={(text) => setQuery({ object: text })}
      />
    </div>
  );
}

function Choice({ name, all, choices }: { name: string; all: string; choices: [string, string][] }) {
  return (
    <select
      aria-label={all}
      value={queryOf(name) ?? ''}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value })}
    >
      <option value="">{all}</option>
      {choices.map(([id, text]) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </select>
  );
}

function Nothing() {
  return (
    <Empty title="Nothing like that was done">
      <p>
        <a href="/keys/audit">The whole log</a>
      </p>
    </Empty>
  );
}

const COLUMNS: Column<AuditEntry>[] = [
  { name: 'Who', kind: 'any', cell: (entry) => <UserText text={whoOf(entry)} /> },
  { name: 'What', kind: 'any', width: '50%', cell: (entry) => <What entry={entry} /> },
  { name: 'From', kind: 'mono small muted', isHiddenOnPhones: true, cell: ({ address }) => address },
  { name: 'When', kind: 'r muted', cell: ({ at }) => <Moment at={at} /> },
];

function What({ entry }: { entry: AuditEntry }) {
  const { action, object, status } = entry;
  const to = addressOf(entry);
  const details = detailsText(entry);
  return (
    <>
      {status === 403 && <span class="badge warn">Refused</span>} {ACTIONS[action] ?? action}
      {object.id !== null && (
        <div class="tiny mono">
          {to ? (
            <a class="mono" href={to}>
              {visible(object.id)}
            </a>
          ) : (
            visible(object.id)
          )}
        </div>
      )}
      {details !== '' && (
        <div class="tiny muted">
          <UserText text={details} />
        </div>
      )}
    </>
  );
}
