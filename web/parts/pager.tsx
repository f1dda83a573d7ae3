import { useState } from 'preact/hooks';

type Pager = { cursor: string | undefined; cursors: string[]; turn: (cursors: string[]) => void };

/** The page of a list that is shown; a list with other filters begins at its first one. */
export function usePager(filters: string): Pager {
  const [place, setPlace] = useState<{ filters: string; cursors: string[] }>({ filters, cursors: [] });
  const cursors = place.filters === filters ? place.cursors : [];
  return { cursor: cursors.at(-1), cursors, turn: (next) => setPlace({ filters, cursors: next }) };
}

export function PagerButtons({ pager: { cursors, turn }, next }: { pager: Pager; next: string | null }) {
  return (
    <div class="row right gaptop">
      {cursors.length > 0 && (
        <button type="button" class="btn" onClick={() => turn(cursors.slice(0, -1))}>
          Newer
        </button>
      )}
      {next !== null && (
        <button type="button" class="btn" onClick={() => turn([...cursors, next])}>
          Older
        </button>
      )}
    </div>
  );
}
