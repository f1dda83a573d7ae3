/** The name that was probably meant, such as `limit` for `limt`; undefined if none is close. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const distances = [...known]
    .filter((candidate) => Math.abs(candidate.length - name.length) <= MOST) // no distance is less
    .map((candidate) => [candidate, distance(fold(name), fold(candidate))] as const);
  const [best] = distances.toSorted(([, a], [, b]) => a - b);
  return best && best[1] <= tolerance(Math.max(name.length, best[0].length)) ? best[0] : undefined;
}

const MOST = 3;

/** The maximum edit distance: in short names only one swap, or HOME would mean HOST. */
function tolerance(length: number): number {
  return Math.min(MOST, Math.floor(length / 5) || SWAP);
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

const SWAP = 0.9; // less than 1, so that short names may have a swap, but no wrong letter

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment distance). */
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
