import { useRef, useState } from 'preact/hooks';
import type { Column, Preview, RowProblem, ShownRow } from '../../api/types.ts';
import { count, number } from '../../data/format.ts';
import { visible } from '../../data/user-text.ts';
import { Icon } from '../../parts/icon.tsx';
import type { Check } from './check-model.ts';
import { AT_ONCE, problemPage, type ProblemPage, unlistedFrom } from './problem-pages.ts';

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

/** The file as it is: roles in its header, problems in their cells. */
export function CheckTable({ check, preview }: { check: Check; preview: Preview }) {
  const [page, turnTo] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const shown = problemPage(preview, page);
  const columns = preview.column_list;
  const unlisted = unlistedFrom(preview);
  function turn(to: number): void {
    turnTo(to);
    box.current?.focus(); // and so into view: the rows that were read are gone
  }
  return (
    <div>
      <div
        class="card sheetbox"
        tabIndex={0}
        role="region"
        aria-label="First rows, and rows with problems"
        ref={box}
      >
        <table class="cells">
          <Heads check={check} preview={preview} />
          <tbody>
            {shown.rows.map((row, i) => (
              <Rows
                key={row.row}
                row={row}
                before={shown.rows[i - 1]?.row ?? shown.before}
                columns={columns}
                check={check}
                unlisted={unlisted}
              />
            ))}
            <Gap
              after={shown.rows.at(-1)?.row ?? 0}
              next={shown.next}
              unlisted={unlisted}
              width={columns.length}
            />
          </tbody>
        </table>
      </div>
      {(shown.total > AT_ONCE || unlisted < Infinity) && (
        <Pager shown={shown} isAll={unlisted === Infinity} onTurn={turn} />
      )}
    </div>
  );
}

type PagerProps = { shown: ProblemPage; isAll: boolean; onTurn: (page: number) => void };

function Pager({ shown: { from, total }, isAll, onTurn }: PagerProps) {
  const page = from / AT_ONCE;
  const last = Math.min(from + AT_ONCE, total);
  return (
    <div class="row small gaptop">
      <span class="grow muted" role="status">
        {`Rows with problems: ${number(from + 1)} to ${number(last)} of ${isAll ? '' : 'the first '}${number(total)}. `}
        {!isAll && 'The CSV above has every row that cannot be used.'}
      </span>
      {from > 0 && (
        <button type="button" class="btn" onClick={() => onTurn(page - 1)}>
          Before
        </button>
      )}
      {last < total && (
        <button type="button" class="btn" onClick={() => onTurn(page + 1)}>
          Next {number(Math.min(AT_ONCE, total - last))}
        </button>
      )}
    </div>
  );
}

function Heads({ check, preview }: { check: Check; preview: Preview }) {
  return (
    <thead>
      <tr>
        <th scope="col" class="line">
          <span class="sr">Line</span>
        </th>
        {preview.column_list.map((column) => (
          <Head key={column.index} column={column} check={check} preview={preview} />
        ))}
      </tr>
    </thead>
  );
}

function Head({ column, check, preview }: { column: Column; check: Check; preview: Preview }) {
  const role = check.mapping.roleOf(column);
  const how = check.mapping.howOf(column);
  const name = visible(column.header) || `Column ${column.index + 1}`;
  return (
    <th scope="col" class={role === null ? 'as-keep' : `as-${role}`}>
      <span class="h" dir="auto">
        {name}
      </span>
      <select
        aria-label={`${name} holds`}
        value={role ?? ''}
        disabled={column.header === ''}
        onChange={({ currentTarget: { value } }) => check.choose(column.index, value === '' ? null : value)}
      >
        {preview.roles.map(({ role: one }) => (
          <option key={one} value={one}>
            {ROLE_NAMES[one] ?? one}
          </option>
        ))}
        <option value="">{KEPT}</option>
      </select>
      <span class="how">{howText(column, role, how)}</span>
    </th>
  );
}

function howText({ header }: Column, role: string | null, how: Column['how']): string {
  if (header === '') return 'has no name'; // and roles are given by names
  return role === null ? 'untouched' : (HOW[how ?? ''] ?? '');
}

type RowsProps = { row: ShownRow; before: number; columns: Column[]; check: Check; unlisted: number };

/** A row with the gap above it and its problems below. */
function Rows({ row, before, columns, check, unlisted }: RowsProps) {
  const marks = new Map(row.problems.toReversed().map((problem) => [problem.index, problem]));
  return (
    <>
      <Gap after={before} next={row.row} unlisted={unlisted} width={columns.length} />
      <tr>
        <th scope="row" class="line">
          {number(row.line)}
        </th>
        {columns.map((column) => (
          <Cell
            key={column.index}
            text={row.cells[column.index] ?? ''}
            role={check.mapping.roleOf(column)}
            problem={marks.get(column.index)}
          />
        ))}
      </tr>
      {row.problems.map((problem, i) => (
        <tr key={i} class="why">
          <td class="line" />
          <td colSpan={columns.length}>
            <p class="stay any">
              <span class={problem.level === 'error' ? 'bad' : 'warn'}>
                <Icon name={problem.level === 'error' ? 'bad' : 'warn'} />
              </span>
              <span>
                {visible(problem.detail)} <code class="faint">{problem.code}</code>
              </span>
            </p>
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

type GapProps = { after: number; next: number; unlisted: number; width: number };

/** The rows between two that are shown. */
function Gap({ after, next, unlisted, width }: GapProps) {
  const rows = next - after - 1;
  if (rows <= 0) return null;
  const what = after < unlisted ? 'without a problem' : 'whose problems are not listed';
  return (
    <tr class="gap">
      <td class="line" />
      <td colSpan={width}>
        <span class="stay">
          {count(rows, 'row')} {what}
        </span>
      </td>
    </tr>
  );
}
