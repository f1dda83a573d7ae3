import type { List, MarkedPicture } from '../../../api/types.ts';
import { may } from '../../../app/session.ts';
import { count } from '../../../data/format.ts';
import { useResource } from '../../../data/resource.ts';
import { visible } from '../../../data/user-text.ts';
import { type Column, DataTable } from '../../../parts/data-table.tsx';
import { Moment, UserText } from '../../../parts/text.tsx';
import { MARKS } from './mark-question.tsx';
import { Unmark } from './unmark.tsx';

/** Every picture that was marked, also those whose images fail since. */
export function Marked({ onChange }: { onChange: () => Promise<void> }) {
  const { data } = useResource<List<MarkedPicture>>(MARKS);
  if (!data || data.items.length === 0) return null;
  const columns: Column<MarkedPicture>[] = [
    { name: 'Picture', isNameUnseen: true, cell: (picture) => <Picture picture={picture} /> },
    { name: 'Mark', cell: ({ kind }) => <span class="badge">{kind}</span> },
    { name: 'Note', cell: (picture) => <UserText text={noteOf(picture)} /> },
    {
      name: 'Since',
      kind: 'muted',
      isHiddenOnPhones: true,
      cell: ({ created_at: at }) => <Moment at={at} />,
    },
  ];
  if (may('write'))
    columns.push({
      name: 'Remove',
      isNameUnseen: true,
      kind: 'r',
      cell: (picture) => <Unmark sha256={picture.sha256} of={visible(noteOf(picture))} onChange={onChange} />,
    });
  return (
    <details class="more gaptop">
      <summary>{count(data.items.length, 'marked picture')}, of all batches</summary>
      <DataTable label="Marked pictures" columns={columns} rows={data.items} keyOf={({ sha256 }) => sha256} />
    </details>
  );
}

const noteOf = ({ note, sha256 }: MarkedPicture): string => note || `${sha256.slice(0, 8)} …`;

function Picture({ picture: { url } }: { picture: MarkedPicture }) {
  return (
    <span class="worst">
      <span class="pic">{url !== null && <img src={url} alt="" loading="lazy" />}</span>
    </span>
  );
}
