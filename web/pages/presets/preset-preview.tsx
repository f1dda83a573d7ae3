import { useEffect, useState } from 'preact/hooks';
import { query, request } from '../../api/request.ts';
import type { Batch, Image, List, RenditionSpec, Upload } from '../../api/types.ts';
import { say } from '../../app/say.ts';
import { may } from '../../app/session.ts';
import { useResource } from '../../data/resource.ts';
import { visible } from '../../data/user-text.ts';
import { sendFile } from '../check/send-file.ts';
import type { FieldProblems } from './field-problems.ts';
import { RenditionPreview } from './rendition-preview.tsx';

type Props = { renditions: RenditionSpec[]; onProblems: (index: number, problems: FieldProblems) => void };

/** A picture to look at: its name for the API, what it is called, its bytes if they are known. */
type Picture = { id: string; name: string; bytes?: number | undefined };

const SAMPLE: Picture = { id: 'sample', name: 'A photograph of ours' };

/** What a preset makes of a picture: ours, the latest of yours, or one from this computer. The server makes it. */
export function PresetPreview({ renditions, onProblems }: Props) {
  const latest = useLatest();
  const [own, setOwn] = useOwn();
  const [chosen, choose] = useState(SAMPLE.id);
  const pictures = [SAMPLE, latest, own].filter((picture) => picture !== undefined);
  const picture = pictures.find(({ id }) => id === chosen) ?? SAMPLE;
  async function send(file: File): Promise<void> {
    try {
      const { upload_id: id } = await sendFile(file, () => undefined).promise;
      setOwn({ id, name: visible(file.name), bytes: file.size });
      choose(id);
    } catch (error) {
      say((error as Error).message);
    }
  }
  return (
    <section class="card pad side" aria-label="Preview">
      <h2>Preview</h2>
      <p class="small muted gapb">The files as the server makes them. Nothing is stored.</p>
      <label class="field">
        <span>Picture</span>
        <select value={picture.id} onChange={(event) => choose(event.currentTarget.value)}>
          {pictures.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {may('write') && (
        <label class="btn file">
          Another picture
          <input
            type="file"
            accept="image/*"
            onChange={({ currentTarget: { files } }) => files?.[0] && void send(files[0])}
          />
        </label>
      )}
      {renditions.map((rendition, i) => (
        <RenditionPreview
          key={i}
          rendition={rendition}
          picture={picture.id}
          sourceBytes={picture.bytes}
          onProblems={(problems) => onProblems(i, problems)}
        />
      ))}
    </section>
  );
}

/** The latest image that was made. Its source is downloaded again, so only when it is chosen. */
function useLatest(): Picture | undefined {
  const { data } = useResource<List<Batch>>(`/v1/batches${query({ limit: 1, latest: 1 })}`);
  const id = data?.items[0]?.latest?.[0]?.image_id;
  const image = useResource<Image>(id && `/v1/images/${id}`).data;
  return (
    image && { id: image.id, name: `Your latest: ${visible(image.product.name)}`, bytes: image.source?.bytes }
  );
}

/** A picture of this computer. The server forgets it with the page, or in an hour. */
function useOwn(): [Picture | undefined, (own: Picture) => void] {
  const [own, setOwn] = useState<Picture>();
  useEffect(
    () => () => {
      if (own) void request<Upload>(`/v1/uploads/${own.id}`, { method: 'DELETE' }).catch(() => undefined);
    },
    [own],
  );
  return [own, setOwn];
}
