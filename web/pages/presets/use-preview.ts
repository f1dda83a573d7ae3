import { useEffect, useRef, useState } from 'preact/hooks';
import { requestFile } from '../../api/request.ts';
import type { RenditionSpec } from '../../api/types.ts';
import { withoutNulls } from './field-problems.ts';

/** The file that the server made of a rendition. */
export type Made = { url: string; bytes: number; ms: number; width: number; height: number };

type Preview = { made: Made | undefined; error: Error | undefined; isStale: boolean };

/** While somebody types or drags, nothing is asked. */
const PAUSE_MS = 400;

/** What the server makes of a picture. The last file stays in view, as stale, until the next one is there. */
export function usePreview(rendition: RenditionSpec, picture: string): Preview {
  const [made, setMade] = useState<Made>();
  const [error, setError] = useState<Error>();
  const [isStale, setStale] = useState(true);
  const wanted = JSON.stringify({ rendition: withoutNulls(rendition), picture });
  const isFirst = useRef(true);
  useEffect(() => {
    const leaving = new AbortController();
    setStale(true);
    const timer = setTimeout(
      () =>
        void fetchPreview(wanted, leaving.signal).then(
          (next) => {
            if (leaving.signal.aborted) return;
            setMade(next);
            setError(undefined);
            setStale(false);
          },
          (reason: Error) => !leaving.signal.aborted && setError(reason),
        ),
      isFirst.current ? 0 : PAUSE_MS,
    );
    isFirst.current = false;
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [wanted]);
  useEffect(() => () => URL.revokeObjectURL(made?.url ?? ''), [made]);
  return { made, error, isStale };
}

async function fetchPreview(wanted: string, signal: AbortSignal): Promise<Made> {
  const json: unknown = JSON.parse(wanted);
  const { file, headers } = await requestFile('/v1/presets/preview', { method: 'POST', json, signal });
  const { width, height, close } = await sizeOf(file);
  close();
  const ms = Number(/dur=(\d+)/.exec(headers.get('server-timing') ?? '')?.[1] ?? 0);
  return { url: URL.createObjectURL(file), bytes: file.size, ms, width, height };
}

/** A browser may not show every format. */
async function sizeOf(file: Blob): Promise<{ width: number; height: number; close: () => void }> {
  try {
    const bitmap = await createImageBitmap(file);
    return { width: bitmap.width, height: bitmap.height, close: () => bitmap.close() };
  } catch {
    return { width: 0, height: 0, close: () => undefined };
  }
}
