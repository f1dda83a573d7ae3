/** The known name that somebody may have meant, such as `limit` for `limt`; undefined where none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const distances = [...known].map(
    (candidate) => [candidate, distance(fold(name), fold(candidate))] as const,
  );
  const [best] = distances.toSorted(([, a], [, b]) => a - b);
  return best && best[1] <= tolerance(Math.max(name.length, best[0].length)) ? best[0] : undefined;
}

/** Letters that may be wrong: none in a short name but two that were swapped, or HOME would be HOST. */
function tolerance(length: number): number {
  return Math.min(3, Math.floor(length / 5) || SWAP);
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

const SWAP = 0.9; // less than one wrong letter, so that short names may have a swap and nothing else

/** Letters to add, to drop, to change or to swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j += 1) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? at(i - 2, j - 2) + SWAP : Infinity;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped));
    }
  }
  return at(a.length, b.length);
}
