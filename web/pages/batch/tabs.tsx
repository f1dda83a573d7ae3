import type { Batch } from '../../api/types.ts';
import { number } from '../../data/format.ts';

export const TABS = [
  { id: 'sheet', name: 'Contact sheet' },
  { id: 'failures', name: 'Failures' },
  { id: 'results', name: 'Results' },
  { id: 'webhook', name: 'Webhook' },
] as const;
export type TabId = (typeof TABS)[number]['id'];

export function isTab(part: string): part is TabId {
  return TABS.some(({ id }) => id === part);
}

export function tabPath(batchId: string, tab: TabId): string {
  return tab === 'sheet' ? `/batches/${batchId}` : `/batches/${batchId}/${tab}`;
}

export function Tabs({ batch, tab }: { batch: Batch; tab: TabId }) {
  const { total, failed } = batch.counts;
  return (
    <nav class="tabs" aria-label="Parts of this batch">
      {TABS.map(({ id, name }) => (
        <a
          key={id}
          href={tabPath(batch.id, id)}
          aria-current={id === tab ? 'page' : undefined}
          data-keep-scroll=""
        >
          {name} {id === 'sheet' && <span class="n">{number(total)}</span>}
          {id === 'failures' && <span class={failed > 0 ? 'n bad' : 'n'}>{number(failed)}</span>}
        </a>
      ))}
    </nav>
  );
}
