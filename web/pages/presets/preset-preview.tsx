import { useState } from 'preact/hooks';
import { query } from '../../api/request.ts';
import type { Batch, Image, List, RenditionSpec } from '../../api/types.ts';
import { useResource } from '../../data/resource.ts';
import { PreviewCanvas } from './preview-canvas.tsx';

/** What a preset makes of a picture: one of yours, or one from this computer, which is not sent anywhere. */
export function PresetPreview({ renditions }: { renditions: RenditionSpec[] }) {
  const latest = useResource<List<Batch>>(`/v1/batches${query({ limit: 1, latest: 1 })}`).data?.items[0]
    ?.latest?.[0];
  const image = useResource<Image>(latest && `/v1/images/${latest.image_id}`).data;
  const largest = image?.renditions.toSorted((a, b) => b.width * b.height - a.width * a.height)[0];
  const [own, setOwn] = useState<string>();
  return (
    <section class="card pad side" aria-label="Preview">
      <h2>Preview</h2>
      <p class="small muted gapb">
        Shapes as they come out, drawn by this browser. Bytes are about what the server makes of the picture;
        its encoders are better.
      </p>
      <label class="btn file">
        Choose a picture
        <input
          type="file"
          accept="image/*"
          onChange={({ currentTarget: { files } }) => files?.[0] && setOwn(URL.createObjectURL(files[0]))}
        />
      </label>
      <p class="tiny faint">It stays in this browser.</p>
      {renditions.map((rendition, i) => (
        <PreviewCanvas key={i} rendition={rendition} source={own ?? largest?.url} />
      ))}
    </section>
  );
}
