/**
 * Reads further pages while one is used, so that the database and this process work at the same time.
 * @param depth how many pages are read ahead, each by a connection of its own
 */
export async function* readAhead<Page>(
  reads: Iterable<() => Promise<Page>>,
  depth: number,
): AsyncGenerator<Page> {
  const begun: Promise<Page>[] = [];
  const take = async (): Promise<Page | undefined> => begun.shift();
  for (const read of reads) {
    const page = read();
    page.catch(() => {}); // thrown when it is awaited, unless nobody wants it any more
    if (begun.push(page) <= depth) continue;
    const first = await take();
    if (first !== undefined) yield first;
  }
  for (let page = await take(); page !== undefined; page = await take()) yield page;
}
