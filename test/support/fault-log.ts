/** What goes wrong, when, for how long, and for whom: printed, and kept, so that what follows can be held against it. */

type Fault = {
  what: string;
  /** whom it hits; undefined: everybody */
  of: string | undefined;
  /** in milliseconds since the log began */
  from: number;
  to: number;
};

export class FaultLog {
  readonly #beganAt = performance.now();
  readonly #faults: Fault[] = [];

  now(): number {
    return performance.now() - this.#beganAt;
  }

  /** Notes a fault for as long as `work` takes. */
  async during(what: string, of: string | undefined, work: () => Promise<void>): Promise<void> {
    const fault: Fault = { what, of, from: this.now(), to: Infinity };
    this.#faults.push(fault);
    try {
      await work();
    } finally {
      fault.to = this.now();
      console.log(lineOf(fault));
    }
  }

  /** When the last fault that hits everybody ended; Infinity while there is one. */
  get shakenUntil(): number {
    return Math.max(0, ...this.#faults.filter(({ of }) => of === undefined).map(({ to }) => to));
  }

  /** One line for each fault that lasted at some time in between. */
  lines(from = 0, to = Infinity): string[] {
    return this.#faults.filter((fault) => fault.from < to && fault.to > from).map(lineOf);
  }

  counts(): Record<string, number> {
    const groups = Object.groupBy(this.#faults, ({ what }) => what);
    return Object.fromEntries(Object.entries(groups).map(([what, faults = []]) => [what, faults.length]));
  }
}

function lineOf({ what, of = 'all', from, to }: Fault): string {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return `  at ${seconds(from)} s, for ${Number.isFinite(to) ? seconds(to - from) : '?'} s: ${what}, ${of}`;
}
