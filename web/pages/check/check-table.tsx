import { useState } from 'preact/hooks';
import type { Column, Preview, RowProblem, ShownRow } from '../../api/types.ts';
import { count, number } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Icon } from '../../parts/icon.tsx';
import type { Check } from './check-model.ts';

const ROLE_NAMES: Record<string, string> = {
  images: 'Image link',
  name: 'Name',
  sku: 'SKU',
  serial: 'Serial no.',
  preset: 'Preset',
  width: 'Width',
  height: 'Height',
  quality: 'Quality',
  format: 'Format',
};
const KEPT = 'Kept';
const HOW: Record<string, string> = { name: 'by its name', chosen: 'you chose', guessed: 'guessed' };
/** of rows without a problem, at the begin */
const FIRST_ROWS = 3;
/** rows with problems in the document at a time */
const AT_ONCE = 50;

/** The file as it is: roles in its header, problems in their cells. */
export function CheckTable({ check, preview }: { check: Check; preview: Preview }) {
  const [most, setMost] = useState(AT_ONCE);
  const rows = preview.rows_shown.filter(({ row, problems }) => row <= FIRST_ROWS || problems.length > 0);
  const shown = rows.slice(0, most);
  const columns = preview.column_list;
  return (
    <div class="card sheetbox" tabIndex={0} role="region" aria-label="First rows, and rows with problems">
      <table class="cells">
        <thead>
          <tr>
            <th scope="col" class="line">
              <span class="sr">Line</span>
            </th>
            {columns.map((column) => (
              <Head key={column.index} column={column} check={check} preview={preview} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            <Rows key={row.row} row={row} before={shown[i - 1]} columns={columns} check={check} />
          ))}
          <Gap
            rows={(rows.length > most ? (rows[most]?.row ?? 0) - 1 : preview.rows) - (shown.at(-1)?.row ?? 0)}
            width={columns.length}
          />
        </tbody>
      </table>
      {rows.length > most && (
        <p class="pad small">
          <button type="button" class="link" onClick={() => setMost(most + AT_ONCE)}>
            {count(Math.min(AT_ONCE, rows.length - most), 'more row', 'more rows')} with problems
          </button>
        </p>
      )}
    </div>
  );
}

function Head({ column, check, preview }: { column: Column; check: Check; preview: Preview }) {
  const role = check.roleOf(column);
  const how = check.howOf(column);
  const name = visible(column.header) || `Column ${column.index + 1}`;
  return (
    <th scope="col" class={role === null ? 'as-keep' : `as-${role}`}>
      <span class="h" dir="auto">
        {name}
      </span>
      <select
        aria-label={`${name} holds`}
        value={role ?? ''}
        onChange={({ currentTarget: { value } }) => check.choose(column.index, value === '' ? null : value)}
      >
        {preview.roles.map(({ role: one }) => (
          <option key={one} value={one}>
            {ROLE_NAMES[one] ?? one}
          </option>
        ))}
        <option value="">{KEPT}</option>
      </select>
      <span class="how">{role === null ? 'untouched' : (HOW[how ?? ''] ?? '')}</span>
    </th>
  );
}

type RowsProps = { row: ShownRow; before: ShownRow | undefined; columns: Column[]; check: Check };

/** A row with the gap above it and its problems below. */
function Rows({ row, before, columns, check }: RowsProps) {
  const marks = new Map(row.problems.toReversed().map((problem) => [problem.index, problem]));
  return (
    <>
      <Gap rows={row.row - (before?.row ?? 0) - 1} width={columns.length} />
      <tr>
        <th scope="row" class="line">
          {number(row.line)}
        </th>
        {columns.map((column) => (
          <Cell
            key={column.index}
            text={row.cells[column.index] ?? ''}
            role={check.roleOf(column)}
            problem={marks.get(column.index)}
          />
        ))}
      </tr>
      {row.problems.map((problem, i) => (
        <tr key={i} class="why">
          <td class="line" />
          <td colSpan={columns.length}>
            <div class="says">
              <span class={problem.level === 'error' ? 'bad' : 'warn'}>
                <Icon name={problem.level === 'error' ? 'bad' : 'warn'} />
              </span>
              <span class="any">
                {problem.detail} <code class="faint">{problem.code}</code>
              </span>
            </div>
          </td>
        </tr>
      ))}
    </>
  );
}

function Cell({
  text,
  role,
  problem,
}: {
  text: string;
  role: string | null;
  problem: RowProblem | undefined;
}) {
  const kind = role === 'images' ? 'url' : role === null ? 'keep' : '';
  const mark = problem ? { error: 'err', warning: 'wrn' }[problem.level] : '';
  return (
    <td class={`${kind} ${mark}`} title={text === '' ? undefined : visible(text)}>
      <span class="cut" dir="auto">
        {visible(text)}
      </span>
    </td>
  );
}

function Gap({ rows, width }: { rows: number; width: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="gap">
      <td class="line" />
      <td colSpan={width}>
        <div class="says">{count(rows, 'row')} without a problem</div>
      </td>
    </tr>
  );
}
