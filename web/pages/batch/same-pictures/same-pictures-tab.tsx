import { useEffect, useRef } from 'preact/hooks';
import { query } from '../../../api/request.ts';
import type { Batch, SamePictures } from '../../../api/types.ts';
import { queryOf, setQuery } from '../../../app/router.ts';
import { reload, useKept, useResource } from '../../../data/resource.ts';
import { Chips } from '../../../parts/chips.tsx';
import { Empty } from '../../../parts/empty.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { Pager, usePages } from '../../../parts/pager.tsx';
import { Lines, Loaded } from '../../../parts/waiting.tsx';
import { Group, useExamples } from './group.tsx';
import { forgetFound } from '../sheet/found-slots.ts';
import { Marked } from './marked.tsx';
import { KINDS } from './words.ts';

const PAGE = 30;
const LIVE_MS = 3_000;
/** `min_products`, as it is chosen */
const LEAST = [2, 5, 20, 100];

/** Pictures that occur more than once in a batch: by mistake, on purpose, or because they are no pictures of a product. */
export function SamePicturesTab({ batch }: { batch: Batch }) {
  const [kind, least] = [queryOf('kind'), queryOf('min_products')];
  const wanted = query({ kind, min_products: least });
  const pages = usePages(wanted);
  const base = `/v1/batches/${batch.id}/same-pictures`;
  const path = base + query({ kind, min_products: least, limit: PAGE, cursor: pages.cursor });
  const isPending = useRef(true);
  const known = useKept(useResource<SamePictures>(path, isPending.current ? LIVE_MS : undefined));
  isPending.current = known.data?.pending ?? true;
  useEffect(() => {
    if (known.data !== undefined) void reload(path);
  }, [batch.ended_at]);
  const onMark = (): Promise<void> => {
    forgetFound();
    return reload(path);
  };
  return (
    <Loaded known={known} waiting={<Lines count={6} />} onRetry={() => reload(path)}>
      {(same) => (
        <>
          <div class="toolbar checkbar">
            <Kinds same={same} kind={kind} />
            <select
              aria-label="On how many products"
              value={least ?? ''}
              onChange={({ currentTarget: { value } }) => setQuery({ min_products: value })}
            >
              <option value="">On any number of products</option>
              {LEAST.map((products) => (
                <option key={products} value={products}>
                  On {products} products or more
                </option>
              ))}
            </select>
            {same.items.length > 0 && (
              <a class="btn" href={`${base}.csv${wanted}`} download>
                <Icon name="down" />
                same-pictures.csv
              </a>
            )}
          </div>
          {same.pending && <Pending batch={batch} />}
          <Groups batch={batch} same={same} onChange={onMark} />
          <Pager pages={pages} next={same.next_cursor} words={['Back', 'More']} />
          <Marked onChange={onMark} />
        </>
      )}
    </Loaded>
  );
}

function Kinds({ same: { counts }, kind }: { same: SamePictures; kind: string | undefined }) {
  const usual = counts.placeholder + counts.shared + counts.twice;
  return (
    <Chips
      label="Kind"
      choices={[
        { id: '', name: 'All', count: usual },
        ...KINDS.map(({ id, name }) => ({ id, name, count: counts[id] })),
      ]}
      chosen={kind ?? ''}
      onChoose={(id) => setQuery({ kind: id })}
    />
  );
}

function Pending({ batch }: { batch: Batch }) {
  return (
    <div class="note gapb">
      <Icon name="pause" />
      <div class="grow">
        {batch.ended_at === null
          ? 'The batch still runs: its pictures are compared when it has ended.'
          : 'The pictures are being compared.'}
      </div>
    </div>
  );
}

type GroupsProps = { batch: Batch; same: SamePictures; onChange: () => Promise<void> };

function Groups({ batch, same: { items, pending }, onChange }: GroupsProps) {
  const examples = useExamples(batch.id, items);
  if (items.length > 0)
    return (
      <>
        {items.map((group) => (
          <Group
            key={group.group}
            batch={batch}
            group={group}
            example={examples.get(group.example.slot)}
            onChange={onChange}
          />
        ))}
      </>
    );
  if (pending) return null;
  return (
    <Empty title="No picture occurs twice" isGood>
      <p>Mirrored copies, and copies that are cropped by more than a little, are not found.</p>
    </Empty>
  );
}
