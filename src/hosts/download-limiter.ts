/**
 * The downloads of a worker: so many are open at a time. One that waits long for the first byte gives its
 * place to another, because it uses nothing but a socket, and dead hosts would otherwise fill them all.
 */
type Download = {
  /** It asks a host, also another one than before. */
  requestSent(): void;
  firstByte(): void;
  release(): void;
};

type DownloadLimiter = {
  /** Resolves when there is room for one more. */
  acquire(signal: AbortSignal): Promise<Download>;
  /** those that wait long for an answer */
  stalled(): number;
};

const STALLED_AFTER_MS = 500;

export function createDownloadLimiter(limit: number): DownloadLimiter {
  const waiters = new Set<() => void>();
  let open = 0;
  let stalled = 0;

  function letIn(): void {
    const [first] = waiters;
    if (!first || open >= limit) return;
    waiters.delete(first);
    open += 1;
    first();
  }

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const entered = Promise.withResolvers<void>();
    const giveUp = (): void => {
      if (waiters.delete(entered.resolve)) entered.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', giveUp);
    waiters.add(entered.resolve);
    letIn();
    await entered.promise.finally(() => signal.removeEventListener('abort', giveUp));
  }

  function leave(): void {
    open -= 1;
    letIn();
  }

  function newDownload(): Download {
    let isCounted = true;
    let isStalled = false;
    let timer: NodeJS.Timeout | undefined;

    function stall(): void {
      stalled += 1;
      isStalled = true;
      if (isCounted) leave();
      isCounted = false;
    }
    function firstByte(): void {
      clearTimeout(timer);
      if (isStalled) stalled -= 1;
      isStalled = false;
    }

    return {
      requestSent() {
        firstByte();
        timer = setTimeout(stall, STALLED_AFTER_MS);
      },
      firstByte,
      release() {
        firstByte();
        if (isCounted) leave();
        isCounted = false;
      },
    };
  }

  return {
    async acquire(signal) {
      await enter(signal);
      return newDownload();
    },
    stalled: () => stalled,
  };
}
