import type { Batch } from '../../api/types.ts';
import { navigate } from '../../app/router.ts';
import { useKeys } from '../../app/shortcuts.ts';
import { reload, useResource } from '../../data/resource.ts';
import { percent } from '../../data/format.ts';
import { Lines, Loaded } from '../../parts/waiting.tsx';
import { useTitle } from '../../parts/page-head.tsx';
import { visible } from '../../data/user-text.ts';
import { NotFound } from '../not-found.tsx';
import { BatchHead, Notes } from './batch-head.tsx';
import { Progress } from './progress.tsx';
import { isTab, TABS, type TabId, Tabs, tabPath } from './tabs.tsx';
import { useLive } from './live/use-live.ts';
import { useAnnouncements } from './announcements.ts';
import { FoundNote } from './sheet/found-note.tsx';
import { Sheet } from './sheet/sheet.tsx';
import { Failures } from './failures/failures.tsx';
import { Results } from './results/results.tsx';
import { SamePicturesTab } from './same-pictures/same-pictures-tab.tsx';
import { CheckTab } from './verdicts/check-tab.tsx';
import { BatchWebhook } from './webhook/batch-webhook.tsx';

export function BatchPage({ id, part = 'sheet' }: { id: string; part: string | undefined }) {
  const path = `/v1/batches/${encodeURIComponent(id)}`;
  const known = useResource<Batch>(isTab(part) ? path : undefined);
  useKeys(Object.fromEntries(TABS.map((tab, i) => [String(i + 1), () => navigate(tabPath(id, tab.id))])));
  if (!isTab(part)) return <NotFound />;
  return (
    <Loaded
      known={known}
      heading="Batch"
      waiting={<Lines />}
      onRetry={() => reload(path)}
      gone={
        <>
          <b>This batch is not there.</b> It was deleted, or belongs to another key.{' '}
          <a href="/batches">All batches</a>
        </>
      }
    >
      {(batch) => <Shown batch={batch} tab={part} />}
    </Loaded>
  );
}

function Shown({ batch, tab }: { batch: Batch; tab: TabId }) {
  const states = useLive(batch);
  useAnnouncements(batch);
  const name = visible(batch.name);
  useTitle(batch.ended_at === null ? `${percent(batch.percent / 100)} · ${name}` : name);
  return (
    <>
      <BatchHead batch={batch} />
      <Progress batch={batch} />
      <Notes batch={batch} />
      <Tabs batch={batch} tab={tab} />
      <section aria-label={TABS.find(({ id }) => id === tab)?.name} class="panel-of-tab">
        {tab === 'sheet' && (
          <FoundNote batch={batch}>
            <Sheet batch={batch} states={states} />
          </FoundNote>
        )}
        {tab === 'failures' && <Failures batch={batch} />}
        {tab === 'check' && <CheckTab batch={batch} />}
        {tab === 'same-pictures' && <SamePicturesTab batch={batch} />}
        {tab === 'results' && <Results batch={batch} />}
        {tab === 'webhook' && <BatchWebhook batch={batch} />}
      </section>
    </>
  );
}
