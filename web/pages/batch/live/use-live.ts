import { useEffect, useMemo } from 'preact/hooks';
import { requestBytes } from '../../../api/request.ts';
import type { Batch } from '../../../api/types.ts';
import { returns } from '../../../app/connection.ts';
import { put, reload } from '../../../data/resource.ts';
import { type LiveMessage, listen } from './stream.ts';
import { SlotStates } from './slot-states.ts';

/** Follows a batch while it is shown: its numbers go to its resource, its slots to the states. */
export function useLive(batch: Batch): SlotStates {
  const { id } = batch;
  const total = batch.counts.total;
  const states = useMemo(() => new SlotStates(total), [id, total]);
  const hasEnded = batch.ended_at !== null;
  const back = returns.value;
  useEffect(() => {
    const leaving = new AbortController();
    let stop = (): void => {};
    void readStates(id, states, leaving.signal).then(() => {
      if (hasEnded || leaving.signal.aborted) return;
      stop = listen(
        id,
        () => states.readAt,
        (message) => take(id, states, message),
      );
    });
    return () => {
      leaving.abort();
      stop();
    };
  }, [id, states, back, batch.round, hasEnded]);
  return states;
}

async function readStates(id: string, states: SlotStates, signal?: AbortSignal): Promise<void> {
  try {
    const { bytes, headers } = await requestBytes(`/v1/batches/${id}/states`, signal);
    states.replace(bytes, headers.get('last-event-id') ?? undefined);
  } catch {
    // offline or gone: the page says so where it reads the batch
  }
}

function take(id: string, states: SlotStates, message: LiveMessage): void {
  const path = `/v1/batches/${id}`;
  switch (message.kind) {
    case 'progress':
      put(path, (known: Batch | undefined) => (known ? { ...known, ...message.progress } : undefined));
      break;
    case 'slots':
      states.set('completed', message.completed);
      states.set('failed', message.failed);
      states.setProcessing(message.processing);
      break;
    case 'reset':
      void readStates(id, states);
      break;
    case 'changed':
      void reload(path);
      break;
    case 'done':
      void reload(path);
      break;
  }
}
