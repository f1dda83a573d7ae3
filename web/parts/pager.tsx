import { useState } from 'preact/hooks';

export type Pages = {
  /** of the page that is shown; undefined: the first */
  cursor: string | undefined;
  forward: (cursor: string) => void;
  back: () => void;
};

/** Where one is in a list. @param list another list (another filter) begins with its first page */
export function usePages(list: string): Pages {
  const [seen, see] = useState({ list, cursors: [] as string[] });
  const cursors = seen.list === list ? seen.cursors : [];
  return {
    cursor: cursors.at(-1),
    forward: (cursor) => see({ list, cursors: [...cursors, cursor] }),
    back: () => see({ list, cursors: cursors.slice(0, -1) }),
  };
}

type Props = {
  pages: Pages;
  next: string | null;
  text?: string;
  words?: readonly [back: string, forward: string];
};

/** The way to the other pages of a list. */
export function Pager({ pages, next, text = '', words: [back, forward] = ['Newer', 'Older'] }: Props) {
  if (text === '' && next === null && pages.cursor === undefined) return null;
  return (
    <div class="row gaptop">
      <span class="small muted grow">{text}</span>
      {pages.cursor !== undefined && (
        <button type="button" class="btn" onClick={pages.back}>
          {back}
        </button>
      )}
      {next !== null && (
        <button type="button" class="btn" onClick={() => pages.forward(next)}>
          {forward}
        </button>
      )}
    </div>
  );
}
