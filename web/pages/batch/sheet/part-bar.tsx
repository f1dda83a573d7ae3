import { number } from '../../../data/format.ts';
import { Icon } from '../../../parts/icon.tsx';
import type { Part } from './grid.ts';

type Props = { part: Part; total: number; label: string; onShow: (index: number) => void };

/** Which part of a very large sheet this is, and its neighbours: browsers cap how tall a page can be. */
export function PartBar({ part: { first, count }, total, label, onShow }: Props) {
  if (count >= total) return null;
  const last = first + count;
  return (
    <nav class="row partbar" aria-label={label}>
      <button
        type="button"
        class="btn"
        aria-label="Images before"
        disabled={first === 0}
        onClick={() => onShow(first - 1)}
      >
        <Icon name="back" />
        <span class="hide-s">Images before</span>
      </button>
      <span class="small muted num">
        {number(first + 1)} to {number(last)} of {number(total)}
      </span>
      <button
        type="button"
        class="btn"
        aria-label="Images after"
        disabled={last === total}
        onClick={() => onShow(last)}
      >
        <span class="hide-s">Images after</span>
        <Icon name="next" />
      </button>
    </nav>
  );
}
