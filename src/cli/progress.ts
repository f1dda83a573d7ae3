/** Shows the progress of a batch: a bar on a terminal, else a line every two seconds, and for the first images at once. */
export type Progress = {
  update(state: {
    ended: number;
    total: number;
    failed: number;
    perSecond: number | null;
    etaSeconds: number | null;
  }): void;
  /** Leaves the last state on the screen. */
  done(): void;
};

const BAR_WIDTH = 30;
const PLAIN_EVERY_MS = 2_000;

export function startProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? bar(stream) : plainLines(stream);
}

function bar(stream: NodeJS.WriteStream): Progress {
  return {
    update(state) {
      const filled = state.total === 0 ? BAR_WIDTH : Math.floor((BAR_WIDTH * state.ended) / state.total);
      stream.cursorTo(0);
      stream.write(`${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${sentence(state)}`);
      stream.clearLine(1);
    },
    done() {
      stream.write('\n');
    },
  };
}

function plainLines(stream: NodeJS.WriteStream): Progress {
  let printedAt = 0;
  let last = -1;
  return {
    update(state) {
      const isDue = last <= 0 || state.ended === state.total || Date.now() - printedAt >= PLAIN_EVERY_MS;
      if (state.ended === last || !isDue) return;
      printedAt = Date.now();
      last = state.ended;
      stream.write(`${sentence(state)}\n`);
    },
    done() {},
  };
}

function sentence({
  ended,
  total,
  failed,
  perSecond,
  etaSeconds,
}: Parameters<Progress['update']>[0]): string {
  const parts = [`${ended} of ${total} images`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (perSecond !== null) parts.push(`${perSecond.toFixed(1)}/s`);
  if (etaSeconds !== null && ended < total) parts.push(`${etaSeconds} s left`);
  return parts.join(', ');
}
