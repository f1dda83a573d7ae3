/**
 * Counts for how long a beat has not changed, in steps between looks. A step counts no more than twice
 * its due length: who looks late stood still too (SIGSTOP, a suspended machine, a swapping one), and so
 * that time says nothing of the one that is watched.
 * @returns for each look, given the clock and the beat: the milliseconds of standing still so far
 */
export function stillness(everyMs: number): (nowMs: number, beat: number) => number {
  let last: { at: number; beat: number } | undefined;
  let stillMs = 0;
  return (at, beat) => {
    stillMs = last?.beat === beat ? stillMs + Math.min(at - last.at, 2 * everyMs) : 0;
    last = { at, beat };
    return stillMs;
  };
}
