import type { Batch } from '../../../api/types.ts';
import { query } from '../../../api/request.ts';
import { connectionLost, connectionWorks } from '../../../app/connection.ts';
import type { LiveMessage } from './stream.ts';

export type Ranges = [first: number, last: number][];
type Slots = { completed: Ranges; failed: Ranges; processing: Ranges };

/**
 * Reads the event stream of a batch. EventSource connects again by itself, and says how far it has read.
 * @param since where the states that are known were read; undefined: from now on
 */
export function readEvents(
  batchId: string,
  since: string | undefined,
  tell: (message: LiveMessage) => void,
): () => void {
  const source = new EventSource(`/v1/batches/${batchId}/events${query({ since })}`);
  function on(type: string, take: (data: unknown) => void): void {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => take(JSON.parse(data)));
  }
  on('progress', (progress) => tell({ kind: 'progress', progress: progress as Partial<Batch> }));
  on('slots', (slots) => tell({ kind: 'slots', ...(slots as Slots) }));
  on('reset', () => tell({ kind: 'reset' }));
  on('done', () => {
    source.close();
    tell({ kind: 'done' });
  });
  source.addEventListener('open', connectionWorks);
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CONNECTING) connectionLost();
  });
  return () => source.close();
}
