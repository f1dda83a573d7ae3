/** The offsets of a slot in the text of its cell. `to` is exclusive; an empty slot has no length. */
export type Span = { from: number; to: number };

/** Both are global. `runs` matches what may separate slots; two `marks` in one run have an empty slot between them. */
export type Separation = { runs: RegExp; marks: RegExp };

/** The spans between separators, with an empty span for every two marks in one separator. */
export function spansBetween(
  text: string,
  { runs, marks }: Separation,
  separates: (run: string, end: number, index: number) => boolean,
): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const { index, 0: run } of text.matchAll(runs)) {
    const end = index + run.length;
    if (!separates(run, end, index)) continue;
    spans.push({ from, to: index });
    if (run.length > 1)
      for (const { index: at } of [...run.matchAll(marks)].slice(1))
        spans.push({ from: index + at, to: index + at });
    from = end;
  }
  spans.push({ from, to: text.length });
  return spans;
}
