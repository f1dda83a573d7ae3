import { useEffect, useRef } from 'preact/hooks';
import type { Batch } from '../../api/types.ts';
import { number } from '../../data/format.ts';

export const TABS = [
  { id: 'sheet', name: 'Contact sheet' },
  { id: 'failures', name: 'Failures' },
  { id: 'check', name: 'Check' },
  { id: 'same-pictures', name: 'Same pictures' },
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

/** Short on a phone, where there is not much room. */
function SheetName() {
  return (
    <>
      <span class="hide-s">Contact </span>sheet
    </>
  );
}

export function Tabs({ batch, tab }: { batch: Batch; tab: TabId }) {
  const { total, failed } = batch.counts;
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // they need more room than a phone has
    const current = bar.current?.querySelector<HTMLElement>('[aria-current]');
    if (!bar.current || !current) return;
    const end = current.offsetLeft + current.offsetWidth;
    if (end > bar.current.clientWidth) bar.current.scrollLeft = end;
  }, [tab]);
  return (
    <nav class="tabs" aria-label="Parts of this batch" ref={bar}>
      {TABS.map(({ id, name }) => (
        <a
          key={id}
          href={tabPath(batch.id, id)}
          aria-current={id === tab ? 'page' : undefined}
          data-keep-scroll=""
        >
          {id === 'sheet' ? <SheetName /> : name} {id === 'sheet' && <span class="n">{number(total)}</span>}
          {id === 'failures' && <span class={failed > 0 ? 'n bad' : 'n'}>{number(failed)}</span>}
        </a>
      ))}
    </nav>
  );
}
