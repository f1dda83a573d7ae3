import { useEffect, useRef } from 'preact/hooks';
import { query, request } from '../../../api/request.ts';
import type { List } from '../../../api/types.ts';
import { say } from '../../../app/say.ts';

const PATIENCE_MS = 600;

/** Searches a batch for a row, SKU, name or URL. Of several searches the last one counts. */
export function useFind(batchId: string, onFound: (slot: number) => void): (text: string) => void {
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const found = useRef(onFound);
  found.current = onFound; // the sheet as it is when the answer comes
  async function find(text: string): Promise<void> {
    running.current?.abort();
    if (text === '') return;
    const own = new AbortController();
    running.current = own;
    const patience = setTimeout(() => say(`Searching for "${text}" …`), PATIENCE_MS);
    try {
      const slot = await findSlot(batchId, text, own.signal);
      if (slot === undefined) say(`No row, SKU or name like "${text}"`);
      else found.current(slot);
    } catch (error) {
      if (!own.signal.aborted) say((error as Error).message);
    } finally {
      clearTimeout(patience);
    }
  }
  return (text) => void find(text);
}

/** A large batch is searched in parts; the first match counts. */
async function findSlot(batchId: string, text: string, signal: AbortSignal): Promise<number | undefined> {
  let cursor: string | null | undefined;
  do {
    const search = query({ q: text, limit: 1, cursor });
    const found: List<{ slot: number }> = await request(`/v1/batches/${batchId}/find${search}`, { signal });
    if (found.items[0]) return found.items[0].slot;
    cursor = found.next_cursor;
  } while (cursor !== null);
  return undefined;
}
