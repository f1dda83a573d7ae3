import { useState } from 'preact/hooks';
import { query } from '../../../api/request.ts';
import type { Batch, List, SamePicture, SheetImage } from '../../../api/types.ts';
import { may } from '../../../app/session.ts';
import { useResource } from '../../../data/resource.ts';
import { visible } from '../../../data/user-text.ts';
import { tabPath } from '../tabs.tsx';
import { MarkQuestion, type MarkKind } from './mark-question.tsx';
import { Unmark } from './unmark.tsx';
import { likenessOf, titleOf } from './words.ts';

/** An image of each group, by slot. */
export function useExamples(batchId: string, groups: SamePicture[]): Map<number, SheetImage> {
  const slots = groups.map(({ example }) => example.slot).toSorted((a, b) => a - b);
  const search = query({ slots: slots.join(','), limit: slots.length });
  const { data } = useResource<List<SheetImage>>(
    slots.length > 0 ? `/v1/batches/${batchId}/sheet${search}` : undefined,
  );
  return new Map(data?.items.map((image) => [image.slot, image]));
}

type Props = {
  batch: Batch;
  group: SamePicture;
  example: SheetImage | undefined;
  onChange: () => Promise<void>;
};

/** A picture that occurs several times: what it means, where it is, and what to make of it. */
export function Group({ batch, group, example, onChange }: Props) {
  const { group: number, marked, reason, host, skus, products, example: picture } = group;
  const [question, ask] = useState<MarkKind>();
  const id = `same-${number}`;
  return (
    <section class="card same" aria-labelledby={id}>
      <span class="pic">{example?.thumb && <img src={example.thumb.url} alt="" loading="lazy" />}</span>
      <div class="grow">
        <h2 id={id}>{titleOf(group)}</h2>
        {marked && <span class="badge">{marked === 'placeholder' ? 'marked' : 'allowed'}</span>}
        {reason !== null && <p>{visible(reason)}</p>}
        <p class="small muted any">
          {likenessOf(group)}
          {host !== null && `, all from ${visible(host)}`}.
          {skus.length > 0 && ` ${skus.map(visible).join(', ')}${products > skus.length ? ' …' : ''}`}
        </p>
      </div>
      <div class="row">
        <a class="btn" href={`${tabPath(batch.id, 'sheet')}?group=${number}`}>
          Show them
        </a>
        {may('write') && <Marks marked={marked} markedAs={group.marked_as} onAsk={ask} onChange={onChange} />}
      </div>
      {question && (
        <MarkQuestion
          sha256={picture.sha256}
          kind={question}
          onClose={() => ask(undefined)}
          onChange={onChange}
        />
      )}
    </section>
  );
}

type MarksProps = {
  marked: MarkKind | null;
  /** of the picture that has the mark */
  markedAs: string | null;
  onAsk: (kind: MarkKind) => void;
  onChange: () => Promise<void>;
};

function Marks({ marked, markedAs, onAsk, onChange }: MarksProps) {
  if (marked && markedAs) return <Unmark sha256={markedAs} onChange={onChange} />;
  return (
    <>
      <button type="button" class="btn" onClick={() => onAsk('placeholder')}>
        Mark as placeholder
      </button>
      <button type="button" class="btn plain" onClick={() => onAsk('allowed')}>
        Allow
      </button>
    </>
  );
}
