import { useEffect, useRef, useState } from 'preact/hooks';
import type { RenditionSpec } from '../../api/types.ts';
import { bytes } from '../../data/format.ts';
import { specText } from '../../parts/preset-drawing.tsx';
import { layoutOf } from './preview-layout.ts';

const MIME: Record<RenditionSpec['format'], string> = {
  jpeg: 'image/jpeg',
  mozjpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/webp', // browsers cannot write AVIF
};

/** One file of a preset, drawn from a picture with the format and quality that it asks for. */
export function PreviewCanvas({
  rendition,
  source,
}: {
  rendition: RenditionSpec;
  source: string | undefined;
}) {
  const image = useImage(source);
  const [shown, show] = useState<{ url: string; text: string }>();
  const canvas = useRef(document.createElement('canvas'));
  useEffect(() => {
    if (!image) return undefined;
    let url: string | undefined;
    let isOver = false;
    const layout = draw(canvas.current, image, rendition);
    canvas.current.toBlob(
      (blob) => {
        if (!blob || isOver) return;
        url = URL.createObjectURL(blob);
        show({ url, text: `${layout.width} × ${layout.height}, about ${bytes(blob.size)}` });
      },
      MIME[rendition.format],
      (rendition.quality ?? 100) / 100,
    );
    return () => {
      isOver = true;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [image, rendition]);
  return (
    <figure class="previewed">
      <div class="box">{shown && <img src={shown.url} alt={`Preview of ${rendition.name}`} />}</div>
      <figcaption class="tiny muted">
        <div>
          <b>{rendition.name}</b> {shown?.text}
        </div>
        <div>{specText(rendition)}</div>
      </figcaption>
    </figure>
  );
}

function useImage(source: string | undefined): HTMLImageElement | undefined {
  const [image, setImage] = useState<HTMLImageElement>();
  useEffect(() => {
    if (source === undefined) return;
    const next = new Image();
    next.crossOrigin = 'anonymous';
    next.addEventListener('load', () => setImage(next));
    next.src = source;
  }, [source]);
  return image;
}

function draw(canvas: HTMLCanvasElement, image: HTMLImageElement, rendition: RenditionSpec) {
  const layout = layoutOf(rendition, image.naturalWidth, image.naturalHeight);
  canvas.width = layout.width;
  canvas.height = layout.height;
  const context = canvas.getContext('2d');
  if (!context) return layout;
  const hasGround = rendition.background !== 'transparent';
  context.fillStyle = hasGround ? rendition.background : 'transparent';
  context.fillRect(0, 0, layout.width, layout.height);
  context.imageSmoothingQuality = 'high';
  const { x, y, w, h } = layout.picture;
  context.drawImage(image, x, y, w, h);
  return layout;
}
