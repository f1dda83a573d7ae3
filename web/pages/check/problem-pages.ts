import type { Preview, ShownRow } from '../../api/types.ts';

/** of rows without a problem, at the begin */
const FIRST_ROWS = 3;
/** rows with problems in the document at a time */
export const AT_ONCE = 50;

export type ProblemPage = {
  rows: ShownRow[];
  /** the number of the last row before them, of those that are listed */
  before: number;
  /** the number of the first listed row after them */
  next: number;
  /** their place among the rows with problems, from 0 */
  from: number;
  /** how many rows with problems are listed */
  total: number;
};

/** The first rows and 50 rows with problems, or the next 50. @param page from 0; beyond the last, it is the last */
export function problemPage({ rows, rows_shown }: Preview, page: number): ProblemPage {
  const bad = rows_shown.filter(({ problems }) => problems.length > 0);
  const from = Math.max(0, Math.min(page, Math.ceil(bad.length / AT_ONCE) - 1)) * AT_ONCE;
  const these = bad.slice(from, from + AT_ONCE);
  const isFirst = from === 0;
  const first = isFirst
    ? rows_shown.filter(({ row, problems }) => row <= FIRST_ROWS && problems.length === 0)
    : [];
  return {
    rows: [...first, ...these].toSorted((a, b) => a.row - b.row),
    before: bad[from - 1]?.row ?? 0,
    next: bad[from + AT_ONCE]?.row ?? rows + 1,
    from,
    total: bad.length,
  };
}

/** From this row on, not every problem is listed: the server lists the first 1,000 errors and 1,000 warnings. */
export function unlistedFrom(preview: Preview): number {
  const { rows_shown, error_count, errors, warning_count, warnings } = preview;
  const lastWith = (level: 'error' | 'warning'): number =>
    rows_shown.findLast(({ problems }) => problems.some((one) => one.level === level))?.row ?? 0;
  return Math.min(
    error_count > errors.length ? lastWith('error') : Infinity,
    warning_count > warnings.length ? lastWith('warning') : Infinity,
  );
}
