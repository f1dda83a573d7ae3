/**
 * Measures for how long a beat has not changed, by looking at it every `everyMs` milliseconds. The time
 * between two looks counts as at most twice `everyMs`: when the watchdog itself looks late, the whole
 * process stood still (SIGSTOP, a suspended or swapping machine), and not only its event loop.
 * @returns a function of the present time and beat that returns the length of the stall so far, in milliseconds
 */
export function createStallTimer(everyMs: number): (nowMs: number, beat: number) => number {
  let last: { at: number; beat: number } | undefined;
  let stalledMs = 0;
  return (at, beat) => {
    stalledMs = last?.beat === beat ? stalledMs + Math.min(at - last.at, 2 * everyMs) : 0;
    last = { at, beat };
    return stalledMs;
  };
}
