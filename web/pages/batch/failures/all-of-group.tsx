import { useEffect, useState } from 'preact/hooks';
import { query, request } from '../../../api/request.ts';
import type { FailedImage, List, SheetImage } from '../../../api/types.ts';
import { number } from '../../../data/format.ts';
import { Action } from '../../../parts/button.tsx';
import { Failure, Lines, Skeleton } from '../../../parts/waiting.tsx';
import { Line } from './line.tsx';

const PAGE = 50;

/** Every image of a group, a page at a time. */
export function AllOfGroup({ batchId, code, count }: { batchId: string; code: string; count: number }) {
  const [images, setImages] = useState<FailedImage[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [error, setError] = useState<Error>();
  async function load(cursor?: string): Promise<void> {
    const filter = query({ state: 'failed', code, limit: PAGE, cursor });
    // The sheet knows the products, the list the addresses.
    const [sheet, page] = await Promise.all([
      request<List<SheetImage>>(`/v1/batches/${batchId}/sheet${filter}`),
      request<List<FailedImage>>(`/v1/batches/${batchId}/images${filter}`),
    ]);
    const products = new Map(sheet.items.map(({ id, product }) => [id, product]));
    const found = page.items.map((image) => ({ ...image, product: products.get(image.id) }));
    setImages((known) => [...known, ...found]);
    setNext(page.next_cursor);
  }
  function begin(): void {
    setError(undefined);
    load().catch(setError);
  }
  useEffect(begin, []);
  if (error) return <Failure error={error} onRetry={begin} />;
  if (next === undefined)
    return (
      <Skeleton>
        <Lines />
      </Skeleton>
    );
  return (
    <>
      {images.map((image) => (
        <Line key={image.id} batchId={batchId} image={image} />
      ))}
      {next !== null && (
        <div class="all">
          <Action kind="plain" busy="Loading …" act={() => load(next)}>
            {number(Math.min(PAGE, count - images.length))} more
          </Action>{' '}
          <span class="muted num">
            {number(images.length)} of {number(count)}
          </span>
        </div>
      )}
    </>
  );
}
