import type { ComponentChildren } from 'preact';

const DETAIL = 'detail';
/** Where `.two` is one column (narrow.css), so that the detail stands below the list. */
const NARROW = '(max-width: 1080px)';

/** A list, and beside it the detail of one of its rows, which stays in view while the list is scrolled. */
export function Beside({ list, children }: { list: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="two">
      <div>{list}</div>
      <div id={DETAIL} class="side pane">
        {children}
      </div>
    </div>
  );
}

/** After a row was chosen: where the detail is below the list, it would not be seen. */
export function goToDetail(): void {
  if (matchMedia(NARROW).matches) document.getElementById(DETAIL)?.scrollIntoView({ block: 'start' });
}
