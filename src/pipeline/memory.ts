import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** For all decoders together: half of what the machine or the container has, in bytes. */
export function defaultBudget(): number {
  const constrained = process.constrainedMemory();
  const total = constrained > 0 && constrained < totalmem() ? constrained : totalmem();
  return total / 2;
}

export type MemoryBudget = {
  /** Waits until there is room, first come first served. What exceeds the whole budget runs alone. */
  enter(bytes: number): Promise<void>;
  leave(bytes: number): void;
};

export function createMemoryBudget(total: number): MemoryBudget {
  const waiting: { bytes: number; admit: () => void }[] = [];
  let used = 0;
  let inside = 0;

  function admitNext(): void {
    for (let first = waiting[0]; first; first = waiting[0]) {
      if (inside > 0 && used + first.bytes > total) return;
      waiting.shift();
      used += first.bytes;
      inside += 1;
      first.admit();
    }
  }

  return {
    enter(bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ bytes, admit: resolve });
      admitNext();
      return promise;
    },
    leave(bytes) {
      used -= bytes;
      inside -= 1;
      admitNext();
    },
  };
}

const WATCH_AFTER_MS = 200; // most images are done by then, and cost no look at the process
const WATCH_EVERY_MS = 50;

/** Watches the memory of a process until disposed. @param limit in bytes */
export function watchMemory(pid: number, limit: number, onExceeded: () => void): Disposable {
  let timer = setTimeout(look, WATCH_AFTER_MS);
  function look(): void {
    if ((residentMemory(pid) ?? 0) > limit) onExceeded();
    timer = setTimeout(look, WATCH_EVERY_MS);
  }
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/**
 * Memory of a process in bytes (proc(5), VmRSS); undefined on systems without /proc. It is read synchronously: /proc is
 * on no disk, and a read through the thread pool takes ten times the CPU.
 */
export function residentMemory(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return ''; // it has ended
  }
}
