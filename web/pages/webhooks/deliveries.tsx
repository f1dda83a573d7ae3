import type { Delivery, DeliveryPage } from '../../api/types.ts';
import { queryOf, setQuery } from '../../app/router.ts';
import { count } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Beside, goToDetail } from '../../parts/beside.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Pager, type Pages } from '../../parts/pager.tsx';
import { Moment, UserText } from '../../parts/text.tsx';
import { DeliveryDetailPane } from './delivery-detail.tsx';

function choose({ id }: Delivery): void {
  setQuery({ delivery: id });
  goToDetail();
}

const COLUMNS: Column<Delivery>[] = [
  { name: 'Event', cell: (delivery) => <Event delivery={delivery} /> },
  { name: 'Result', width: '17%', cell: (delivery) => <Result delivery={delivery} /> },
  {
    name: 'Tries',
    width: '22%',
    kind: 'muted num',
    isHiddenOnPhones: true,
    cell: (delivery) => <Tries delivery={delivery} />,
  },
  { name: 'When', width: '16%', kind: 'r muted', cell: ({ created_at: at }) => <Moment at={at} /> },
];

type Props = {
  page: DeliveryPage;
  pages: Pages;
  state: string | undefined;
  isOfBatch: boolean;
  onChanged: () => Promise<void>;
};

/** What was sent, newest first, with the detail of one beside it. */
export function Deliveries({
  page: { items, next_cursor: next },
  pages,
  state,
  isOfBatch,
  onChanged,
}: Props) {
  const chosen = queryOf('delivery') ?? items[0]?.id;
  const list = (
    <>
      {items.length === 0 ? (
        <NoDeliveries state={state} isOfBatch={isOfBatch} />
      ) : (
        <DataTable
          label="Deliveries"
          columns={COLUMNS}
          rows={items}
          keyOf={({ id }) => id}
          onOpen={choose}
          chosen={chosen}
        />
      )}
      <Pager pages={pages} next={next} />
    </>
  );
  if (chosen === undefined) return list;
  return (
    <Beside list={list}>
      <DeliveryDetailPane key={chosen} id={chosen} onChanged={onChanged} />
    </Beside>
  );
}

function NoDeliveries({ state, isOfBatch }: Pick<Props, 'state' | 'isOfBatch'>) {
  if (state === undefined)
    return (
      <Empty title="Nothing was sent yet">
        <p>
          {isOfBatch
            ? 'No endpoint was told of this batch so far.'
            : 'A message goes out when a batch ends, to each endpoint. The test of an endpoint sends one now.'}
        </p>
      </Empty>
    );
  return state === 'pending' ? (
    <Empty title="Nothing is open" isGood>
      <p>No message waits to be sent, or to be sent again.</p>
    </Empty>
  ) : (
    <Empty title="Nothing was given up" isGood>
      <p>Every message has arrived, or is still being tried.</p>
    </Empty>
  );
}

function Event({ delivery }: { delivery: Delivery }) {
  const isChosen = queryOf('delivery') === delivery.id;
  const { type, batch_name: name } = delivery.event;
  return (
    <>
      <button
        type="button"
        class="link name any"
        aria-current={isChosen ? 'true' : undefined}
        onClick={() => choose(delivery)}
      >
        {type}
      </button>
      <div class="tiny faint any">
        {name !== null && (
          <>
            <UserText text={name} />,{' '}
          </>
        )}
        {visible(delivery.url)}
      </div>
    </>
  );
}

function Tries({
  delivery: { attempt_count: attempts, state, next_attempt_at: next },
}: {
  delivery: Delivery;
}) {
  return (
    <>
      {attempts}
      {state === 'exhausted' && ', given up'}
      {state === 'pending' && next !== null && (
        <>
          , next <Moment at={next} />
        </>
      )}
    </>
  );
}

function Result({
  delivery: { state, last_status: status, attempt_count: attempts },
}: {
  delivery: Delivery;
}) {
  const isGood = state === 'delivered';
  if (attempts === 0) return <span class="badge">Not sent yet</span>;
  return (
    <span class={`badge ${isGood ? 'ok' : 'bad'}`}>
      <Icon name={isGood ? 'ok' : 'bad'} />
      {status ?? 'No answer'}
      <span class="sr">, {isGood ? 'delivered' : `failed after ${count(attempts, 'try', 'tries')}`}</span>
    </span>
  );
}
