/** How long benchmarks measure. */
export type Lengths = {
  /** of runs that alternate, and the seconds of each run */
  pairs: number;
  seconds: number;
  /** of benchmarks that count CPU time only */
  rounds: number;
  /** images of `memory`, rows of `intake` and `tables`, images of `check` and of `fleet` */
  images: number;
  rows: number;
  checked: number;
  fleet: number;
  /** of ten images each, of `small` */
  batches: number;
  /** images of `reuse` */
  reused: number;
  /** requests of each latency that `intake` measures */
  requests: number;
};

export const WHOLE: Lengths = {
  pairs: 7,
  seconds: 30,
  rounds: 7,
  images: 10_000,
  rows: 1_000_000,
  checked: 100_000,
  fleet: 20_000,
  batches: 20,
  reused: 2_000,
  requests: 2_000,
};

/** Rough: enough to see that something is broken or far slower. */
export const QUICK: Lengths = {
  pairs: 1,
  seconds: 4,
  rounds: 2,
  images: 500,
  rows: 50_000,
  checked: 5_000,
  fleet: 1_000,
  batches: 4,
  reused: 200,
  requests: 300,
};
