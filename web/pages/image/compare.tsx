import { useEffect, useState } from 'preact/hooks';
import { problemOf } from '../../api/problem.ts';
import type { Image } from '../../api/types.ts';
import { bytes } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';

type Before = { url: string } | { reason: string } | undefined;

/** Before and after under a slider: a range, so that keys work. Without the picture before, the after alone, and why. */
export function Compare({ image }: { image: Image }) {
  const [share, setShare] = useState(50);
  const before = useBefore(image.id);
  const { product, source, renditions } = image;
  const after = renditions.toSorted((a, b) => b.width * b.height - a.width * a.height)[0];
  if (!after) return null;
  const name = visible(product.name);
  const beforeUrl = before && 'url' in before ? before.url : undefined;
  return (
    <>
      <div
        class="compare"
        style={{ '--x': `${beforeUrl ? share : 0}%`, '--ratio': `${after.width} / ${after.height}` }}
      >
        <img src={after.url} width={after.width} height={after.height} alt={`${name}, as made`} />
        {beforeUrl && (
          <>
            <img class="before" src={beforeUrl} alt={`${name}, as it was`} />
            <span class="bar-x" />
          </>
        )}
        <span class="lab l" role="status">
          {beforeText(before, source?.bytes)}
        </span>
        <span class="lab r">After · {bytes(after.bytes)}</span>
        {beforeUrl && (
          <input
            type="range"
            min={0}
            max={100}
            value={share}
            aria-label="How much of the picture before is shown"
            onInput={(event) => setShare(Number(event.currentTarget.value))}
          />
        )}
      </div>
    </>
  );
}

function beforeText(before: Before, size: number | undefined): string {
  if (before === undefined) return 'Before · being fetched …';
  if ('reason' in before) return `No picture before: ${before.reason}`;
  return size === undefined ? 'Before' : `Before · ${bytes(size)}`;
}
const TRIES = 5;
const PAUSE_MS = 2_000;

/** The source as it is now at its address. It is fetched again by the server, never by the browser. */
function useBefore(id: string): Before {
  const [before, setBefore] = useState<Before>();
  useEffect(() => {
    const leaving = new AbortController();
    let url: string | undefined;
    void (async () => {
      try {
        const picture = await fetchBefore(id, leaving.signal);
        url = URL.createObjectURL(picture);
        setBefore({ url });
      } catch (error) {
        if (!leaving.signal.aborted) setBefore({ reason: (error as Error).message });
      }
    })();
    return () => {
      leaving.abort();
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [id]);
  return before;
}

/** A server that is busy with other pictures is asked again. */
async function fetchBefore(id: string, signal: AbortSignal): Promise<Blob> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`/v1/images/${id}/before?width=1600`, { signal });
    if (response.ok) return response.blob();
    if (response.status !== 503 || attempt === TRIES) throw await problemOf(response);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
