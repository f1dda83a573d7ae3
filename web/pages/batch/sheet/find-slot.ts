import { query, request } from '../../../api/request.ts';
import type { List } from '../../../api/types.ts';

/** Where a row, SKU, name or URL is. A large batch is searched in parts; the first match counts. */
export async function findSlot(batchId: string, text: string): Promise<number | undefined> {
  let cursor: string | null | undefined;
  do {
    const search = query({ q: text, limit: 1, cursor });
    const found: List<{ slot: number }> = await request(`/v1/batches/${batchId}/find${search}`);
    if (found.items[0]) return found.items[0].slot;
    cursor = found.next_cursor;
  } while (cursor !== null);
  return undefined;
}
