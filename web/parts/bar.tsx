import type { Counts } from '../api/types.ts';

type Kind = 'ok' | 'bad' | 'now' | 'stop';
export type BarPart = readonly [kind: Kind, share: number];

/** A part that is there can be seen, however small. */
const LEAST_SHARE = 0.006;

/** A bar of parts. The numbers stand beside it: it says nothing to a screen reader. */
export function Bar({ parts, isTall = false }: { parts: readonly BarPart[]; isTall?: boolean }) {
  let end = 0;
  return (
    <div class={`bar ${isTall ? 'tall' : ''}`} aria-hidden="true">
      {parts
        .filter(([, share]) => share > 0)
        .map(([kind, share]) => {
          const from = end;
          end += Math.max(LEAST_SHARE, share);
          return (
            <span key={kind} data-s={kind} style={{ '--from': `${from * 100}%`, '--to': `${end * 100}%` }} />
          );
        })}
    </div>
  );
}

export function partsOf({ total, completed, failed, processing, cancelled }: Counts): BarPart[] {
  const share = (value: number): number => (total === 0 ? 0 : value / total);
  return [
    ['ok', share(completed)],
    ['bad', share(failed)],
    ['now', share(processing)],
    ['stop', share(cancelled)],
  ];
}
