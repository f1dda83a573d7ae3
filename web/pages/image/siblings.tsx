import type { Image, Sibling } from '../../api/types.ts';
import { Icon } from '../../parts/icon.tsx';

/** The images of the product, this one among them. */
export function Siblings({ image }: { image: Image }) {
  const { batch_id, siblings } = image;
  if (siblings.length === 0) return null;
  const own: Sibling = { ...image, thumb: smallest(image) };
  const all = [...siblings, own].toSorted((a, b) => a.slot - b.slot);
  return (
    <nav class="siblings" aria-label="Images of this product">
      {all.map(({ id, position, state, thumb }) => (
        <a
          key={id}
          href={`/batches/${batch_id}/images/${id}`}
          data-replace=""
          aria-label={`Image ${position}${state === 'failed' ? ', failed' : ''}`}
          aria-current={id === image.id ? 'true' : undefined}
        >
          {thumb && <img src={thumb.url} alt="" />}
          {!thumb && state === 'failed' && <Icon name="bad" />}
        </a>
      ))}
    </nav>
  );
}

function smallest({ renditions }: Image): Sibling['thumb'] {
  return renditions.toSorted((a, b) => a.width * a.height - b.width * b.height)[0] ?? null;
}
