import { ApiProblem } from '../../api/problem.ts';
import { query, request } from '../../api/request.ts';
import type { Delivery, DeliveryPage, List } from '../../api/types.ts';
import { say } from '../../app/say.ts';
import { count } from '../../data/format.ts';
import { Action } from '../../parts/button.tsx';

const DAYS = 7;
const DAY_MS = 86_400_000;
const PAGE = 1_000;

type Props = { counts: DeliveryPage['counts_by_state'] | undefined; onChanged: () => Promise<void> };

/** Sends what failed in the last week again, to every endpoint that is enabled. */
export function ReplayAll({ counts, onChanged }: Props) {
  async function replayAll(): Promise<void> {
    const since = new Date(Date.now() - DAYS * DAY_MS).toISOString();
    let sent = 0;
    let disabled = 0;
    for (const endpoint of await failedEndpoints(since)) {
      const answer = await replay(endpoint, since);
      if (answer === 'disabled') disabled += 1;
      else sent += answer;
    }
    await onChanged();
    say(sentenceOf(sent, disabled));
  }
  const isNothing = counts !== undefined && counts.pending + counts.exhausted === 0;
  return (
    <Action
      icon="retry"
      busy="Sending again …"
      unless={isNothing ? 'No message has failed' : undefined}
      act={replayAll}
    >
      Send all failed again
    </Action>
  );
}

function sentenceOf(sent: number, disabled: number): string {
  const what =
    sent === 0 ? `Nothing was sent again` : `${count(sent, 'message is', 'messages are')} sent again`;
  if (disabled > 0) return `${what}: ${count(disabled, 'endpoint is', 'endpoints are')} disabled`;
  return sent === 0 ? `Nothing failed in the last ${DAYS} days` : what;
}

/** Also those of batches with an address of their own, which are not in the list of endpoints. */
async function failedEndpoints(since: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const state of ['exhausted', 'pending'] as const) {
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const path: string = `/v1/deliveries${query({ state, limit: PAGE, cursor })}`;
      const { items, next_cursor }: List<Delivery> = await request(path);
      const recent = items.filter(({ created_at: at }) => at >= since);
      for (const { endpoint_id: id, attempt_count: tries } of recent) if (tries > 0) found.add(id);
      cursor = recent.length < items.length ? null : next_cursor;
    }
  }
  return found;
}

/** @returns how many deliveries are sent again */
async function replay(endpointId: string, since: string): Promise<number | 'disabled'> {
  const path = `/v1/webhooks/${endpointId}/replay${query({ since })}`;
  try {
    let sent = 0;
    for (let hasMore = true; hasMore;) {
      const answer = await request<{ count: number; has_more: boolean }>(path, { method: 'POST' });
      sent += answer.count;
      hasMore = answer.has_more;
    }
    return sent;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 409) return 'disabled';
    throw error;
  }
}
