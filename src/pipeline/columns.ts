/** Rows as columns, for JSON that is short and soon parsed. */

/** Rows with the same fields. `same`: all fields in their order; those that differ are null there, and in `each`. */
export type Columns<Row extends object> = {
  count: number;
  same: Row;
  each: { [Name in keyof Row]?: Row[Name][] };
};

/** @param rows at least one; all have the fields of the first one, in its order */
export function columnsOf<Row extends object>(rows: readonly Row[]): Columns<Row> {
  const same = { ...rows[0] } as Row;
  const each: Columns<Row>['each'] = {};
  for (const name of Object.keys(same) as (keyof Row)[]) {
    const first = JSON.stringify(same[name]);
    if (rows.every((row) => JSON.stringify(row[name]) === first)) continue;
    each[name] = rows.map((row) => row[name]);
    same[name] = null as Row[keyof Row];
  }
  return { count: rows.length, same, each };
}

export function rowsOf<Row extends object>({ count, same, each }: Columns<Row>): Row[] {
  const columns = Object.entries(each) as [keyof Row, Row[keyof Row][]][];
  return Array.from({ length: count }, (_, i) => {
    const row = { ...same };
    for (const [name, values] of columns) row[name] = values[i] as Row[keyof Row];
    return row;
  });
}
