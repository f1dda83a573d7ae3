/** Reads the next page while the present one is used: the database and this process work at the same time. */
export async function* readAhead<T>(pages: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    let next = pages.next();
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = pages.next();
      next.catch(() => {}); // thrown when it is awaited, unless nobody wants it any more
      yield value;
    }
  } finally {
    await pages.return(undefined);
  }
}
