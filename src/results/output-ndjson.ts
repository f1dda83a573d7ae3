import type { OutputRows } from './output-rows.ts';

/** The table as lines of JSON, in pieces. */
export async function* outputNdjson({ header, pieces }: OutputRows): AsyncGenerator<string> {
  const lines = ndjsonWriter(header);
  for await (const rows of pieces) yield lines(rows);
}

/** Writes an object per row, with the cells as strings by the names of their columns. */
export function ndjsonWriter(header: readonly string[]): (rows: string[][]) => string {
  const keys = distinctNames(header).map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  return (rows) => {
    let text = '';
    for (const row of rows) {
      for (const [i, key] of keys.entries()) text += key + JSON.stringify(row[i] ?? '');
      text += '}\n';
    }
    return text;
  };
}

/** The names of columns, each once: `Image`, `Image_2`; `column_3` where there is none. */
export function distinctNames(header: readonly string[]): string[] {
  const taken = new Set(header);
  const used = new Set<string>();
  return header.map((given, i) => {
    const name = given === '' ? `column_${i + 1}` : given;
    let distinct = name;
    for (let n = 2; used.has(distinct) || (distinct !== given && taken.has(distinct)); n += 1)
      distinct = `${name}_${n}`;
    used.add(distinct);
    return distinct;
  });
}
