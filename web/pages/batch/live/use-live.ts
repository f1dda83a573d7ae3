import { useEffect, useMemo } from 'preact/hooks';
import { request, requestBytes } from '../../../api/request.ts';
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
    const { signal } = leaving;
    const poll = polling(batch, states, signal);
    let stop = (): void => {};
    void readStates(id, states, signal).then(() => {
      if (hasEnded || signal.aborted) return;
      stop = listen(
        id,
        () => states.readAt,
        (message) => (message.kind === 'changed' ? poll() : take(id, states, message)),
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

/** So much longer than reading the states took, they are not read again: a million of them take the server a second. */
const REST = 10;

/** Reads a batch, and the states of its images if it went on, for a tab that nobody tells anything. */
function polling(batch: Batch, states: SlotStates, signal: AbortSignal): () => Promise<void> {
  const path = `/v1/batches/${batch.id}`;
  let seen = JSON.stringify(batch.counts);
  let restsUntil = 0;
  return async () => {
    const now = await request<Batch>(path, { signal }).catch(() => undefined);
    if (!now || signal.aborted) return;
    put(path, now);
    const counts = JSON.stringify(now.counts);
    if (counts === seen || performance.now() < restsUntil) return;
    seen = counts;
    const began = performance.now();
    await readStates(batch.id, states, signal);
    restsUntil = performance.now() + REST * (performance.now() - began);
  };
}

function take(id: string, states: SlotStates, message: Exclude<LiveMessage, { kind: 'changed' }>): void {
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
    case 'done':
      void reload(path);
      break;
  }
}
