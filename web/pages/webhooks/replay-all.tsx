import { query, request } from '../../api/request.ts';
import type { Endpoint } from '../../api/types.ts';
import { say } from '../../app/say.ts';
import { count } from '../../data/format.ts';
import { Action } from '../../parts/button.tsx';

const DAYS = 7;
const DAY_MS = 86_400_000;

/** Sends what failed in the last week again, to every endpoint that is enabled. */
export function ReplayAll({ endpoints }: { endpoints: Endpoint[] }) {
  const enabled = endpoints.filter(({ disabled }) => !disabled);
  async function replay(): Promise<void> {
    const since = new Date(Date.now() - DAYS * DAY_MS).toISOString();
    let sent = 0;
    for (const { id } of enabled) {
      const answer = await request<{ count: number }>(`/v1/webhooks/${id}/replay${query({ since })}`, {
        method: 'POST',
      });
      sent += answer.count;
    }
    say(
      sent === 0
        ? 'Nothing failed in the last 7 days'
        : `${count(sent, 'message is', 'messages are')} sent again`,
    );
  }
  return (
    <Action
      icon="retry"
      busy="Sending again …"
      unless={enabled.length === 0 ? 'There is no enabled endpoint' : undefined}
      act={replay}
    >
      Send all failed again
    </Action>
  );
}
