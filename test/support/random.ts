/** Numbers that look random and are the same in each run (mulberry32), so that a failure can be seen again. */
export function random(seed: number) {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  /** 1 to `most`. */
  const upTo = (most: number): number => 1 + Math.floor(next() * most);
  return {
    upTo,
    pick<T>(choices: readonly T[]): T {
      const choice = choices[upTo(choices.length) - 1];
      if (choice === undefined) throw new Error('there is nothing to pick');
      return choice;
    },
  };
}
