import type { Batch, CheckSummary } from '../../../api/types.ts';
import { Icon } from '../../../parts/icon.tsx';
import { tabPath } from '../tabs.tsx';

/** Where nothing has a verdict: why, and how to get one. */
export function Unmeasured({ batch, summary }: { batch: Batch; summary: CheckSummary }) {
  const { pass, warn, fail } = summary.images;
  const { counts, ended_at } = batch;
  if (pass + warn + fail > 0 || ended_at === null) return null;
  return (
    <div class="note warn gapb">
      <Icon name="warn" />
      <div class="grow">
        {counts.completed === 0 ? (
          <>
            <b>No picture was made, so none can be judged.</b>{' '}
            <a href={tabPath(batch.id, 'failures')} data-keep-scroll="">
              Why they failed
            </a>
          </>
        ) : summary.of === 'output' ? (
          <>
            <b>Too little is known of these files to judge them.</b> Of what Minilab makes, only size, format,
            bytes and address are known, unless a preset fits them to a rule. Check the linked pictures
            instead.
          </>
        ) : (
          <>
            <b>These pictures were not measured.</b> An older version made them, or nothing about them had
            changed. Upload the file again and choose “Make everything again” (<code>force</code>): then they
            are downloaded and measured.
          </>
        )}
      </div>
    </div>
  );
}
