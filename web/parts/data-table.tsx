import type { ComponentChildren } from 'preact';

export type Column<T> = {
  name: string;
  /** the name is for screen readers only, such as that of buttons */
  isNameUnseen?: boolean;
  /** classes of its cells: `r` is also that of the heading */
  kind?: string;
  isHiddenOnPhones?: boolean;
  /** a share of the table, such as `20%`, where the content changes while it is read */
  width?: string;
  cell: (row: T) => ComponentChildren;
};

type Props<T> = {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string;
  /** what a click on a row does, beside what is in it */
  onOpen?: (row: T) => void;
  /** the key of the row whose detail is shown */
  chosen?: string | undefined;
};

/** A list as a table on a card, which scrolls by itself where it is too wide. */
export function DataTable<T>({ label, columns, rows, keyOf, onOpen, chosen }: Props<T>) {
  return (
    <div class="card">
      <div class="scrollx" tabIndex={0} role="region" aria-label={label}>
        <table class="table">
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.name}
                  scope="col"
                  style={column.width && { width: column.width }}
                  class={classOf(column, /\br\b/.test(column.kind ?? '') ? 'r' : '')}
                >
                  {column.isNameUnseen ? <span class="sr">{column.name}</span> : column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr
                key={keyOf(row)}
                class={`${onOpen ? 'go' : ''} ${chosen === keyOf(row) ? 'chosen' : ''}`}
                onClick={(event) => onOpen && !isOwnClick(event.target) && onOpen(row)}
              >
                {columns.map((column) => (
                  <td key={column.name} class={classOf(column, column.kind ?? '')}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function classOf<T>({ isHiddenOnPhones }: Column<T>, kind: string): string {
  return isHiddenOnPhones ? `${kind} hide-s` : kind;
}

/** Links and buttons do something of their own, and text that is being selected is not a click on the row. */
function isOwnClick(target: EventTarget | null): boolean {
  const isControl = target instanceof Element && target.closest('a, button') !== null;
  return isControl || getSelection()?.isCollapsed === false;
}
