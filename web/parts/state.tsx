import type { BatchState } from '../api/types.ts';

export const STATE_NAMES: Record<BatchState, string> = {
  pending: 'Waiting',
  processing: 'Running',
  completed: 'Completed',
  completed_with_errors: 'With failures',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** The state of a batch: a dot and a word. */
export function State({ state }: { state: BatchState }) {
  return (
    <span class="state" data-s={state}>
      <i />
      {STATE_NAMES[state]}
    </span>
  );
}
