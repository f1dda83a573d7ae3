/** Where a slot stands in the text of its cell; an empty one has no length. */
export type Span = { from: number; to: number };

/** Both global. `runs` finds what may separate, `marks` what in a run shows an empty slot when it comes twice. */
export type Separation = { runs: RegExp; marks: RegExp };

/** The spans between the runs that separate; of several marks in a row each but the last is followed by an empty one. */
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
