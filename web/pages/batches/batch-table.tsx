import type { Batch } from '../../api/types.ts';
import { navigate } from '../../app/router.ts';
import { count, duration, number, percent, savedShare } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Bar, partsOf } from '../../parts/bar.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { State } from '../../parts/state.tsx';
import { Moment, UserText } from '../../parts/text.tsx';

const COLUMNS: Column<Batch>[] = [
  { name: 'Name', cell: (batch) => <Name batch={batch} /> },
  { name: 'State', isHiddenOnPhones: true, cell: ({ state }) => <State state={state} /> },
  {
    name: 'Share done',
    isNameUnseen: true,
    isHiddenOnPhones: true,
    cell: ({ counts }) => (
      <div class="mini">
        <Bar parts={partsOf(counts)} />
      </div>
    ),
  },
  { name: 'Images', kind: 'r', cell: ({ counts }) => number(counts.total) },
  { name: 'Failed', kind: 'r', cell: (batch) => <Failed batch={batch} /> },
  { name: 'Saved', kind: 'r', isHiddenOnPhones: true, cell: (batch) => <Saved batch={batch} /> },
  {
    name: 'When',
    kind: 'muted',
    isHiddenOnPhones: true,
    cell: ({ created_at: at }) => <Moment at={at} />,
  },
  { name: 'Took', kind: 'r muted', isHiddenOnPhones: true, cell: took },
];

/** Batches that have ended, or wait: a line each. */
export function BatchTable({ batches }: { batches: Batch[] }) {
  return (
    <DataTable
      label="Table of batches"
      columns={COLUMNS}
      rows={batches}
      keyOf={({ id }) => id}
      onOpen={({ id }) => navigate(`/batches/${id}`)}
    />
  );
}

function Name({ batch: { id, name, preset, reused, state } }: { batch: Batch }) {
  return (
    <>
      <a class="name any" href={`/batches/${id}`}>
        <UserText text={name} />
      </a>
      <div class="tiny faint">
        {visible(preset)}
        {reused > 0 && ` · ${number(reused)} unchanged`}
      </div>
      <div class="only-s">
        <State state={state} />
      </div>
    </>
  );
}

function Failed({ batch: { id, name, counts } }: { batch: Batch }) {
  if (counts.failed === 0) return <span class="faint">0</span>;
  return (
    <a
      class="bad"
      href={`/batches/${id}/failures`}
      aria-label={`${count(counts.failed, 'failure')} of ${visible(name)}`}
    >
      {number(counts.failed)}
    </a>
  );
}

function Saved({ batch: { bytes_in, bytes_out } }: { batch: Batch }) {
  const saved = savedShare(bytes_in, bytes_out);
  return saved === undefined ? <span class="faint">—</span> : <>{percent(saved)}</>;
}

function took({ created_at, started_at, ended_at }: Batch): string {
  return ended_at === null ? '—' : duration(Date.parse(ended_at) - Date.parse(started_at ?? created_at));
}
