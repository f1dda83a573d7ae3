import type { ImageState, SheetImage } from '../../../api/types.ts';
import { percent } from '../../../data/format.ts';
import { visible } from '../../../data/user-text.ts';
import { shortReason } from '../../../data/reasons.ts';
import { Icon } from '../../../parts/icon.tsx';
import { GAP, type Grid, placeOf } from './grid.ts';

const STATE_WORDS: Record<ImageState, string> = {
  pending: 'waiting',
  processing: 'in work',
  completed: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

type Props = {
  slot: number;
  index: number;
  grid: Grid;
  state: ImageState;
  image: SheetImage | undefined;
  /** whether its neighbours in the sheet are its neighbours in the file */
  isWhole: boolean;
  isFocused: boolean;
  isFresh: boolean;
  /** false while somebody drags through the sheet: pictures would be fetched for nothing */
  isCalm: boolean;
};

/** One image of the sheet: a button named by what it holds. A finished one is just its picture. */
export function Frame({ slot, index, grid, state, image, isWhole, isFocused, isFresh, isCalm }: Props) {
  const { x, y, column } = placeOf(grid, index);
  const position = image?.position ?? 1;
  const images = image?.product.images ?? 1;
  const isFirst = !isWhole || column === 0 || position === 1;
  const span = isWhole ? Math.min(images - position + 1, grid.columns - column) : 1;
  const goesOn = isWhole && position < images && column < grid.columns - 1;
  return (
    <button
      type="button"
      class={`frame ${state} ${isFirst ? 'first' : ''} ${isWhole && isFirst && position > 1 ? 'again' : ''} ${isFresh ? 'fresh' : ''}`}
      data-slot={slot}
      tabIndex={isFocused ? 0 : -1}
      style={{
        transform: `translate(${x}px, ${y}px)`,
        '--span': `${span * (grid.cell + GAP) - GAP}px`,
        '--edge': `${grid.cell + (goesOn ? GAP : 0)}px`,
      }}
    >
      <span class="reb">
        {image ? (
          <Label image={image} isFirst={isFirst} state={state} />
        ) : (
          <span class="sr">Image {slot}</span>
        )}
      </span>
      <span class="edge" />
      <span class="pic">
        <Content state={state} image={image} isCalm={isCalm} />
      </span>
    </button>
  );
}

type LabelProps = { image: SheetImage; isFirst: boolean; state: ImageState };

function Label({ image, isFirst, state }: LabelProps) {
  const { row, position, product, error_code: code } = image;
  const name = visible(product.name);
  const what = state === 'failed' && code ? shortReason(code) : STATE_WORDS[state];
  return (
    <>
      {isFirst ? (
        <>
          <code>{row}</code> <b dir="auto">{name}</b>
        </>
      ) : (
        <span class="sr">
          {row} {name}
        </span>
      )}
      <span class="sr">
        , image {position} of {product.images}, {what}
      </span>
    </>
  );
}

function Content({
  state,
  image,
  isCalm,
}: {
  state: ImageState;
  image: SheetImage | undefined;
  isCalm: boolean;
}) {
  if (state === 'failed')
    return (
      <span aria-hidden="true">
        <Icon name="bad" />
        {image?.error_code ? shortReason(image.error_code) : 'Failed'}
      </span>
    );
  if (!image) return null;
  if (state === 'pending')
    return (
      <code class="tiny" aria-hidden="true">
        {image.row}-{image.position}
      </code>
    );
  if (state !== 'completed' || !image.thumb || !isCalm) return null;
  const { thumb, saved_percent: saved } = image;
  return (
    <>
      <img src={thumb.url} alt="" loading="lazy" decoding="async" draggable={false} />
      {saved !== null && saved > 0 && (
        <span class="tag" aria-hidden="true">
          −{percent(saved / 100)}
        </span>
      )}
    </>
  );
}
