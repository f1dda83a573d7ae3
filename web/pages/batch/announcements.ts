import { useEffect, useRef } from 'preact/hooks';
import type { Batch } from '../../api/types.ts';
import { announce } from '../../app/say.ts';
import { number } from '../../data/format.ts';

/** Says to screen readers what matters: start, every 25 %, the first failure, the end. Not each tick. */
export function useAnnouncements(batch: Batch): void {
  const last = useRef<Batch>(undefined);
  useEffect(() => {
    const before = last.current;
    last.current = batch;
    if (before?.id !== batch.id) return;
    const news = newsOf(before, batch);
    if (news) announce(news);
  }, [batch]);
}

const quarter = (batch: Batch): number => Math.floor(batch.percent / 25);

/** Several things may have happened at once. */
function newsOf(before: Batch, now: Batch): string | undefined {
  const { completed, failed } = now.counts;
  if (before.ended_at === null && now.ended_at !== null)
    return `The batch has ended: ${number(completed)} images done, ${number(failed)} failed.`;
  const news = [
    before.started_at === null && now.started_at !== null && 'The batch has started.',
    before.counts.failed === 0 && failed > 0 && 'A first image has failed.',
    quarter(now) > quarter(before) && `${quarter(now) * 25} % of the images are done.`,
  ];
  return news.filter((one) => one !== false).join(' ') || undefined;
}
