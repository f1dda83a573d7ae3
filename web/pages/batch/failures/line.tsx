import type { FailedImage } from '../../../api/types.ts';
import { number } from '../../../data/format.ts';
import { visible } from '../../../data/user-text.ts';

export function Line({ batchId, image }: { batchId: string; image: FailedImage }) {
  const { id, row, position, source_url: url, product } = image;
  return (
    <a class="it" href={`/batches/${batchId}/images/${id}`}>
      <span class="ln">row {number(row)}</span>
      <span class="cut">
        <span dir="auto">{visible(product?.name ?? `Row ${row}`)}</span>{' '}
        <span class="faint">· image {position}</span>
      </span>
      <span class="cut mono muted" dir="ltr">
        {visible(url)}
      </span>
    </a>
  );
}
