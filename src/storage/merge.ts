/** An item of both sides, or of one. */
export type Pair<A, B> = { left?: A; right?: B };

type Side<T> = { pages: AsyncIterable<T[]>; keyOf: (item: T) => string };

/** Merges two lists, both in ascending order of their keys, with a page of each in memory. Keys are ASCII. */
export async function* merge<A, B>(left: Side<A>, right: Side<B>): AsyncGenerator<Pair<A, B>> {
  const [lefts, rights] = [itemsOf(left.pages), itemsOf(right.pages)];
  try {
    let [a, b] = [await lefts.next(), await rights.next()];
    while (!a.done || !b.done) {
      const order = orderOf(
        a.done ? undefined : left.keyOf(a.value),
        b.done ? undefined : right.keyOf(b.value),
      );
      yield {
        ...(order <= 0 && !a.done && { left: a.value }),
        ...(order >= 0 && !b.done && { right: b.value }),
      };
      if (order <= 0) a = await lefts.next();
      if (order >= 0) b = await rights.next();
    }
  } finally {
    await Promise.all([lefts.return(undefined), rights.return(undefined)]);
  }
}

/** Which of two keys comes first; the end of a list comes last. */
function orderOf(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  return b === undefined || (a !== undefined && a < b) ? -1 : 1;
}

async function* itemsOf<T>(pages: AsyncIterable<T[]>): AsyncGenerator<T, undefined> {
  for await (const page of pages) yield* page;
  return undefined;
}

/** Arrays of so many items; the last one may have fewer. */
export async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
